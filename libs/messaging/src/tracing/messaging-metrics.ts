import { durationBucketsSeconds, messagingAttributes, messagingMetrics, meter } from '@myelin/observability';
import { messagingSystem } from './messaging-system.js';

const meters = meter('@myelin/messaging');
const sent = meters.createCounter(messagingMetrics.sentMessages, { unit: '{message}' });
const consumed = meters.createCounter(messagingMetrics.consumedMessages, { unit: '{message}' });
const processing = meters.createHistogram(messagingMetrics.processDuration, {
  unit: 's',
  advice: { explicitBucketBoundaries: [...durationBucketsSeconds] },
});
const system = { [messagingAttributes.system]: messagingSystem };

/** Once per request, not per record. */
export function countSent(records: number): void {
  sent.add(records, system);
}

/** Once per run of records of a partition. */
export function countProcessed(group: string, topic: string, records: number, durationMs: number): void {
  const attributes = {
    ...system,
    [messagingAttributes.consumerGroup]: group,
    [messagingAttributes.destinationName]: topic,
  };
  consumed.add(records, attributes);
  processing.record(durationMs / 1_000, attributes);
}
