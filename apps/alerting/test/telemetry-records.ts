import { gatewayTickedV1, measurementReportedV1 } from '@myelin/contracts';
import { isRetryable } from '@myelin/kernel';
import type { EventBatch, ReceivedRecord } from '@myelin/messaging';

export const telemetryTopic = measurementReportedV1.topic.name;

interface RecordOf {
  readonly offset: number;
  readonly partition?: number;
  readonly timestampMs: number;
}

/** A record as the runner hands it over, without a broker. */
export function aReport({ offset, partition = 0, timestampMs }: RecordOf, key: string, body: object): ReceivedRecord {
  return record(measurementReportedV1, { offset, partition, timestampMs }, key, body);
}

export function aTick({ offset, partition = 0, timestampMs }: RecordOf, instance = 'gateway-0'): ReceivedRecord {
  return record(gatewayTickedV1, { offset, partition, timestampMs }, instance, { instance, atMs: timestampMs });
}

function record(
  contract: ReceivedRecord['contract'],
  { offset, partition, timestampMs }: Required<RecordOf>,
  key: string,
  body: object,
): ReceivedRecord {
  return {
    ...{ contract, key, partition, timestampMs, headers: {}, topic: telemetryTopic, offset: BigInt(offset) },
    value: Buffer.from(JSON.stringify(body)),
    payload: () => body,
  };
}

export function aBatch(records: readonly ReceivedRecord[]): EventBatch {
  const [first] = records;
  const last = records.at(-1);
  if (first === undefined || last === undefined) throw new TypeError('a batch has records');
  const nextOffset = last.offset + 1n;
  return {
    ...{ topic: first.topic, partition: first.partition, records, firstOffset: first.offset, nextOffset },
    ...{ highWatermark: nextOffset, signal: new AbortController().signal },
  };
}

/** What can be retried is. */
export async function asTheRunner(work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isRetryable(error)) throw error;
    }
  }
}
