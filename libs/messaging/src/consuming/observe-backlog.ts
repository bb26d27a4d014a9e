import { type MetricDeclaration, metricAttributes as names, metrics, observe } from '@myelin/observability';
import { consumptionOf } from '../tracing/messaging-metrics.js';
import type { PartitionState } from './transport-status.js';

/** What waits in one partition. */
export interface Backlog {
  readonly topic: string;
  readonly state: PartitionState;
  /** Records behind the end of the partition, as of the last fetch. */
  readonly lag: number;
  /** Of these, fetched. */
  readonly inFlight: number;
  /** Time of the oldest record that waits; undefined when none does. */
  readonly oldestMs: number | undefined;
}

const states: readonly PartitionState[] = ['idle', 'working', 'retrying', 'halted'];

/** Tells, whenever metrics are collected, what waits for a group in this process. @returns ends it */
export function observeBacklog(
  group: string,
  topics: readonly string[],
  backlogs: () => readonly Backlog[],
): () => void {
  const perTopic = (declaration: MetricDeclaration, value: (of: readonly Backlog[]) => number): (() => void) =>
    observe(declaration, (tell) => {
      const all = backlogs();
      for (const topic of topics) {
        tell(value(all.filter((one) => one.topic === topic)), consumptionOf(group, topic).attributes);
      }
    });
  const stops = [
    perTopic(metrics.lag, (of) => sum(of, ({ lag }) => lag)),
    perTopic(metrics.inFlight, (of) => sum(of, ({ inFlight }) => inFlight)),
    perTopic(metrics.lagAge, (of) => Math.max(0, Date.now() - Math.min(...of.map(oldestOf))) / 1_000),
    observe(metrics.partitions, (tell) => {
      const all = backlogs();
      for (const topic of topics) {
        const { attributes } = consumptionOf(group, topic);
        for (const state of states) {
          const count = all.filter((one) => one.topic === topic && one.state === state).length;
          tell(count, { ...attributes, [names.state]: state });
        }
      }
    }),
  ];
  return () => stops.forEach((stop) => stop());
}

const oldestOf = ({ oldestMs }: Backlog): number => oldestMs ?? Infinity;

function sum(of: readonly Backlog[], value: (one: Backlog) => number): number {
  return of.reduce((total, one) => total + value(one), 0);
}
