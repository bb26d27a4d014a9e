import { BenchmarksError } from './harness/benchmarks.errors.js';

/** One measurement of a device, decoded. */
export interface BenchReading {
  readonly ts: number;
  readonly values: object;
}
export type Transition = { readonly kind: 'raised' | 'cleared'; readonly atMs: number };
export type TransitionSink = (key: string, transition: Transition) => void;

export interface Facts {
  readonly device: string;
  readonly profile: string;
  readonly site?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly timeZone: string;
}
export interface KnownDevice {
  readonly facts: Facts;
  readonly limits: () => undefined;
  readonly silenceMs: number;
  readonly revision: number;
}
export interface RuleBook {
  readonly size: number;
  put(rule: object): void;
}
export interface PartitionEvaluator {
  readonly arrivals: { readonly taken: number };
  take(key: string, readings: readonly BenchReading[], receivedAtMs: number, sink: TransitionSink): void;
  tick(gateway: string, atMs: number, sink: TransitionSink): void;
  changes(): Iterable<unknown>;
}
interface Surroundings {
  readonly rulesOf: (tenant: string) => RuleBook;
  readonly deviceOf: (key: string) => KnownDevice;
  readonly expectedSilenceOf: (tenant: string) => object | undefined;
}
/** Rules and devices as the service follows them: partitions are evaluated in these surroundings. */
export interface Fleet extends Surroundings {
  apply(
    change: { readonly of: string; readonly to: object } & ({ tenant: string; id: string } | { key: string }),
  ): void;
}
export interface Heartbeats {
  watch(device: number, partition: number, timeoutMs: number): void;
  hear(device: number, partition: number): void;
  advance(partition: number, liveMs: number): void;
}
interface HeartbeatSink {
  readonly due: (device: number) => void;
  readonly silent: (device: number) => void;
  readonly heard: (device: number) => void;
}

/** What these benches measure of the alerting service. No room imports an app, so its shape is stated here. */
export interface AlertingDomain {
  readonly newRuleBook: () => RuleBook;
  readonly newFleet: () => Fleet;
  readonly newPartition: (surroundings: Surroundings) => PartitionEvaluator;
  readonly newHeartbeats: (sink: HeartbeatSink) => Heartbeats;
}

/** From the built service, as its programs are. @throws BenchmarksError benchmarks.run-failed when it has another shape */
export async function alertingDomain(): Promise<AlertingDomain> {
  const RuleBook = await constructorIn('evaluation/rule-book.js', 'RuleBook');
  const Fleet = await constructorIn('fleet/fleet.js', 'Fleet');
  const PartitionEvaluator = await constructorIn('evaluation/partition-evaluator.js', 'PartitionEvaluator');
  const Heartbeats = await constructorIn('heartbeats/heartbeats.js', 'Heartbeats');
  return {
    newRuleBook: () => new RuleBook(() => ({ offsetMsAt: () => 0 })) as RuleBook,
    newFleet: () => new Fleet(() => ({ offsetMsAt: () => 0 })) as Fleet,
    newPartition: (surroundings) => new PartitionEvaluator(surroundings) as PartitionEvaluator,
    newHeartbeats: (sink) => new Heartbeats(sink) as Heartbeats,
  };
}

type Constructor = new (argument: unknown) => unknown;

async function constructorIn(file: string, name: string): Promise<Constructor> {
  const { href } = new URL(`../../../apps/alerting/dist/domain/${file}`, import.meta.url);
  const found = ((await import(href)) as Readonly<Record<string, unknown>>)[name];
  if (typeof found === 'function') return found as Constructor;
  throw BenchmarksError.permanent('benchmarks.run-failed', `${file} of the alerting service has no ${name}`);
}
