import { gatewayTickedV1, measurementReportedV1 } from '@myelin/contracts';
import { isRetryable } from '@myelin/kernel';
import type { EventBatch, ReceivedRecord } from '@myelin/messaging';
import type { StoreMeasurementsHandler } from '../src/features/store-measurements/store-measurements.handler.js';

export interface ReportToStore {
  readonly offset: number;
  readonly body: object;
  readonly key?: string;
  readonly deviceIndex?: number;
  readonly retentionClass?: string;
  readonly outOfRange?: string;
  readonly receivedAtMs?: number;
}

export const fixtureTopic = measurementReportedV1.topic.name;

/** A record as the runner hands it over, without a broker: for suites that are about the store. */
export function reportRecord(report: ReportToStore, partition = 0): ReceivedRecord {
  const value = Buffer.from(JSON.stringify(report.body));
  return {
    contract: measurementReportedV1,
    key: report.key ?? 'acme/sensor-1',
    value,
    payload: () => JSON.parse(value.toString()) as unknown,
    headers: {
      'myelin-device-index': String(report.deviceIndex ?? 1),
      'myelin-retention-class': report.retentionClass ?? 'standard',
      'myelin-profile': 'thermometer',
      ...(report.outOfRange !== undefined && { 'myelin-out-of-range': report.outOfRange }),
    },
    offset: BigInt(report.offset),
    partition,
    topic: fixtureTopic,
    timestampMs: report.receivedAtMs ?? Date.now(),
  };
}

export function tickRecord(offset: number, partition = 0): ReceivedRecord {
  return {
    ...reportRecord({ offset, body: { instance: 'gateway-0', atMs: Date.now() }, key: 'gateway-0' }, partition),
    contract: gatewayTickedV1,
    headers: {},
  };
}

export function tombstone(offset: number, partition = 0): ReceivedRecord {
  return { ...reportRecord({ offset, body: {} }, partition), value: null, payload: () => null };
}

export function batchOf(records: readonly ReceivedRecord[], signal = new AbortController().signal): EventBatch {
  const [first] = records;
  const last = records.at(-1);
  if (first === undefined || last === undefined) throw new TypeError('a batch has records');
  const { topic, partition } = first;
  const nextOffset = last.offset + 1n;
  return { topic, partition, records, firstOffset: first.offset, nextOffset, highWatermark: nextOffset, signal };
}

/** As the runner does: what can be retried is, from the position that is stored. */
export async function storeAgain(writer: StoreMeasurementsHandler, records: readonly ReceivedRecord[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await writer.store(batchOf(records));
      return;
    } catch (error) {
      if (attempt > 20 || !isRetryable(error)) throw error;
    }
  }
}
