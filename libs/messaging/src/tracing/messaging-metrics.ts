import {
  type HistogramCell,
  counter,
  histogram,
  metricAttributes as names,
  metrics,
  observe,
} from '@myelin/observability';
import { messagingSystem } from './messaging-system.js';

const sent = counter(metrics.sentMessages);
const sendDuration = histogram(metrics.sendDuration);
const processDuration = histogram(metrics.processDuration);
const processDelay = histogram(metrics.processDelay);
const batchSize = histogram(metrics.batchSize);
const deadLetters = counter(metrics.deadLetters);
const system = { [names.system]: messagingSystem };

/** Once per request and topic, not per record. @param error the code of what refused them; absent = acknowledged */
export function countSent(topic: string, records: number, error?: string): void {
  const attributes = { ...system, [names.destinationName]: topic };
  sent.add(records, error === undefined ? attributes : { ...attributes, [names.errorType]: error });
}

export interface WrittenBatch {
  readonly partition: { readonly topic: string };
  readonly batch: { readonly records: readonly { readonly appendedAtMs: number }[] };
}

/** Once per request. @param nowMs on the scale on which records were appended */
export function measureSends(written: readonly WrittenBatch[], nowMs: number): void {
  const byTopic = new Map<string, number>();
  for (const { partition, batch } of written) {
    const { topic } = partition;
    byTopic.set(topic, (byTopic.get(topic) ?? 0) + batch.records.length);
    const attributes = { ...system, [names.operationName]: 'send', [names.destinationName]: topic };
    sendDuration.cell(attributes).record((nowMs - (batch.records[0]?.appendedAtMs ?? nowMs)) / 1_000, undefined);
  }
  for (const [topic, records] of byTopic) countSent(topic, records);
}

export function countDeadLetter(group: string, topic: string, reason: string): void {
  deadLetters.add(1, {
    ...ofGroup(group, topic),
    [names.reason]: reason.replaceAll(/[^A-Za-z0-9_.-]/g, '-').slice(0, 64),
  });
}

/** What a group has done with a topic in this process: plain numbers. */
export class Consumption {
  retries = 0;
  readonly attributes: ReturnType<typeof ofGroup>;
  #records = 0;
  readonly #duration: HistogramCell;
  readonly #delay: HistogramCell;
  readonly #size: HistogramCell;

  constructor(group: string, topic: string) {
    this.attributes = ofGroup(group, topic);
    this.#duration = processDuration.cell({ ...system, ...this.attributes });
    this.#delay = processDelay.cell(this.attributes);
    this.#size = batchSize.cell(this.attributes);
  }

  get records(): number {
    return this.#records;
  }

  /** Once per run of records of a partition, in the trace of its batch. */
  processed(records: readonly { readonly timestampMs: number }[], durationMs: number): void {
    const [oldest] = records;
    if (oldest === undefined) return;
    this.#records += records.length;
    this.#duration.record(durationMs / 1_000);
    this.#size.record(records.length);
    this.#delay.record(Math.max(0, Date.now() - oldest.timestampMs) / 1_000, undefined, records.length);
  }
}

const consumptions = new Map<string, Consumption>();

/** The same for the same group and topic. */
export function consumptionOf(group: string, topic: string): Consumption {
  const key = `${group} ${topic}`;
  const known = consumptions.get(key);
  if (known !== undefined) return known;
  const made = new Consumption(group, topic);
  consumptions.set(key, made);
  return made;
}

observe(metrics.consumedMessages, (tell) => {
  for (const { records, attributes } of consumptions.values()) tell(records, { ...system, ...attributes });
});
observe(metrics.retries, (tell) => {
  for (const { retries, attributes } of consumptions.values()) if (retries > 0) tell(retries, attributes);
});

function ofGroup(group: string, topic: string) {
  return { [names.consumerGroup]: group, [names.destinationName]: topic };
}
