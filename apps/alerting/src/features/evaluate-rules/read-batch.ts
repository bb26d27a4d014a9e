import { type PayloadOf, dataQualityMeasuredV1, gatewayTickedV1, measurementReportedV1 } from '@myelin/contracts';
import { parseDeviceKey } from '@myelin/kernel';
import { type EventBatch, PoisonRecord, type ReceivedRecord, isRecordOf } from '@myelin/messaging';
import { readingOfHour } from '../../domain/evaluation/quality-reading.js';
import type { Reading } from '../../domain/evaluation/reading.js';

/** What a record says to the rules. */
export type Heard =
  | { readonly kind: 'tick'; readonly offset: bigint; readonly gateway: string; readonly atMs: number }
  | {
      readonly kind: 'report';
      readonly offset: bigint;
      readonly key: string;
      readonly readings: readonly Reading[];
      readonly receivedAtMs: number;
    };

const keyPoison = 'evaluation.key-invalid';
const aheadPoison = 'evaluation.ts-too-far-ahead';
/** Twice what edges let through. Behind a reading of later than that nothing that the device says in time would count. */
const maxAheadMs = 600_000;

/**
 * What a batch says from a position on, in its order. Whole, before anything is evaluated: a record that cannot be read leaves
 * no trace of those before it.
 * @throws PoisonRecord
 */
export function readBatch(batch: EventBatch, position: bigint): Heard[] {
  const heard: Heard[] = [];
  for (const record of batch.records) {
    if (record.offset < position) continue;
    const one = readRecord(record);
    if (one !== undefined) heard.push(one);
  }
  return heard;
}

function readRecord(record: ReceivedRecord): Heard | undefined {
  if (isRecordOf(record, measurementReportedV1)) return readReport(record);
  if (isRecordOf(record, gatewayTickedV1)) return readTick(record);
  return isRecordOf(record, dataQualityMeasuredV1) ? readHour(record) : undefined;
}

function readTick(record: ReceivedRecord<PayloadOf<typeof gatewayTickedV1>>): Heard | undefined {
  const payload = payloadOf(record);
  if (payload === null) return undefined;
  return { kind: 'tick', offset: record.offset, gateway: payload.instance, atMs: payload.atMs };
}

function readHour(record: ReceivedRecord<PayloadOf<typeof dataQualityMeasuredV1>>): Heard | undefined {
  const hour = payloadOf(record);
  if (hour === null) return undefined;
  const { offset, timestampMs: receivedAtMs } = record;
  return { kind: 'report', offset, key: keyOf(record), readings: [readingOfHour(hour)], receivedAtMs };
}

function readReport(record: ReceivedRecord<PayloadOf<typeof measurementReportedV1>>): Heard | undefined {
  const payload = payloadOf(record);
  if (payload === null) return undefined;
  const { timestampMs } = record;
  const measurements = Array.isArray(payload) ? payload : [payload];
  const readings = measurements.map(({ ts, ...measurement }): Reading => ({ ts: ts ?? timestampMs, ...measurement }));
  if (readings.some(({ ts }) => ts > timestampMs + maxAheadMs))
    throw PoisonRecord.at(record.offset, aheadPoison, 'ts is further ahead than any edge lets through');
  return { kind: 'report', offset: record.offset, key: keyOf(record), readings, receivedAtMs: timestampMs };
}

function keyOf({ key, offset }: ReceivedRecord): string {
  try {
    parseDeviceKey(key);
    return key;
  } catch (cause) {
    throw PoisonRecord.at(offset, keyPoison, 'the key must be <tenant>/<device>', { cause });
  }
}

function payloadOf<Payload>(record: ReceivedRecord<Payload>): Payload | null {
  try {
    return record.payload();
  } catch (error) {
    if (!(error instanceof PoisonRecord) || error.offset !== undefined) throw error;
    throw PoisonRecord.at(record.offset, error.code, error.message, { cause: error });
  }
}
