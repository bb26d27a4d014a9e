import type { Lab } from './harness/bench.js';
import { BenchmarksError } from './harness/benchmarks.errors.js';
import type { RoundOutcome } from './harness/rounds.js';
import { createTopics } from './registered-devices.js';

/** A Kafka with every topic, and somebody who reads the telemetry topic back. */
export interface TopicStand {
  readonly brokers: readonly string[];
  readonly kafkaPid: number | undefined;
  /** Measurements on the topic so far. */
  readonly written: () => Promise<number>;
}

export async function openTopicStand(lab: Lab): Promise<TopicStand> {
  const { kafka, env } = await lab.servers.stack({ parts: ['kafka'] });
  const brokers = (env['KAFKA_BROKERS'] ?? '').split(',');
  await createTopics(brokers);
  const counter = await lab.start({ name: 'counter', module: new URL('./anchors/topic-counter.js', import.meta.url) });
  await counter.ask('start', { brokers });
  return {
    brokers,
    kafkaPid: kafka?.nodes[0]?.pid,
    written: async () => (await counter.ask<{ measurements: number }>('count')).measurements,
  };
}

/** Everything acknowledged must have been written, and nothing else. */
export function writtenOf(
  accepted: number,
  written: number,
  outcome: Omit<RoundOutcome, 'messages'> = {},
): RoundOutcome {
  if (written <= accepted) return { ...outcome, messages: written, lost: accepted - written };
  throw BenchmarksError.permanent(
    'benchmarks.run-failed',
    `${written} measurements were written of ${accepted} acknowledged ones`,
  );
}
