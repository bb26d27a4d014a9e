import type { PayloadOf, StorageClass, measurementReportedV1 } from '@myelin/contracts';
import { parseDeviceKey } from '@myelin/kernel';
import { PoisonRecord, type ReceivedRecord, headerOf } from '@myelin/messaging';
import { contentOf } from './fingerprint.js';
import { type PlainMeasurement, readPlainBody } from './plain-body.js';
import type { Measurement, Values } from '../../domain/measurement.js';
import { type RetentionClassCode, dayOf, isBeyondHorizon, retentionClassCode } from '../../domain/retention.js';
import { poisonCodes } from '../../domain/telemetry.errors.js';

type Report = PayloadOf<typeof measurementReportedV1>;
type Reported = Exclude<Report, readonly unknown[]>;

/** What one record brings: measurements of one device. */
export interface DecodedReport {
  readonly deviceIndex: number;
  /** `<tenant>/<device>` */
  readonly key: string;
  readonly offset: bigint;
  /** Undefined when the record does not say. */
  readonly profile: string | undefined;
  readonly measurements: readonly Measurement[];
  /** How many measurements are never stored, because the profile says so. */
  readonly evaluateOnly: number;
}

/**
 * The measurements of a record, in its order; undefined for a tombstone, which says nothing about measurements.
 * @throws PoisonRecord for what can never be stored
 */
export function decodeReport(record: ReceivedRecord<Report>, nowMs: number): DecodedReport | undefined {
  if (record.value === null) return undefined;
  checkReceiveTime(record, nowMs);
  const deviceIndex = deviceIndexOf(record);
  const reported = readPlainBody(record.value) ?? parsedBody(record);
  const profile = headerOf(record, 'myelin-profile');
  const origin = { deviceIndex, key: record.key, offset: record.offset, profile };
  if (headerOf(record, 'myelin-retention-class') === evaluateOnlyClass) {
    return { ...origin, measurements: [], evaluateOnly: reported.length };
  }
  const retentionClass = retentionClassOf(record);
  const flags = flagsOf(record);
  const measurements = reported.map((item, index) =>
    measurementOf(item, record, { deviceIndex, retentionClass, outOfRange: flags.get(index) ?? none, nowMs }),
  );
  return { ...origin, measurements, evaluateOnly: 0 };
}

/** Stands in the place of a retention class where nothing is kept. */
const evaluateOnlyClass = 'evaluate-only' satisfies StorageClass;

interface Context {
  readonly deviceIndex: number;
  readonly retentionClass: RetentionClassCode;
  readonly outOfRange: readonly string[];
  readonly nowMs: number;
}

const none: readonly string[] = [];
/** A backslash behind an odd number of them is itself escaped: such a text only looks like an escape. */
const unstorableEscape = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

function measurementOf(item: PlainMeasurement, record: ReceivedRecord<Report>, context: Context): Measurement {
  const tsMs = item.ts ?? record.timestampMs;
  if (isBeyondHorizon(dayOf(tsMs), context.nowMs)) {
    throw PoisonRecord.at(record.offset, poisonCodes.ahead, 'ts is further ahead than any edge lets through');
  }
  const { content } = item;
  // PostgreSQL's text has no U+0000 and no halves of surrogate pairs; both stand as escapes in JSON text.
  if (content.valuesJson.includes('\\u') && unstorableEscape.test(content.valuesJson)) {
    throw PoisonRecord.at(record.offset, poisonCodes.value, 'a text holds U+0000 or half of a surrogate pair');
  }
  return {
    deviceIndex: context.deviceIndex,
    tsMs,
    receivedAtMs: record.timestampMs,
    boot: item.boot,
    seq: item.seq,
    fingerprint: content.fingerprint,
    metrics: content.metrics,
    shape: content.shape,
    valuesJson: content.valuesJson,
    retentionClass: context.retentionClass,
    outOfRange: context.outOfRange,
  };
}

function parsedBody(record: ReceivedRecord<Report>): PlainMeasurement[] {
  const payload = payloadOf(record);
  const reported = Array.isArray(payload) ? (payload as readonly Reported[]) : [payload as Reported];
  return reported.map(({ ts, boot, seq, values }) => ({
    ts,
    boot,
    seq,
    content: contentOf(boot, seq, values as Values),
  }));
}

function payloadOf(record: ReceivedRecord<Report>): Report | null {
  try {
    return record.payload();
  } catch (error) {
    if (!(error instanceof PoisonRecord) || error.offset !== undefined) throw error;
    throw PoisonRecord.at(record.offset, error.code, error.message, { cause: error });
  }
}

/** The record's timestamp; -1 is a record without one, and what is far from now is beyond what PostgreSQL can hold. */
function checkReceiveTime({ timestampMs, offset }: ReceivedRecord, nowMs: number): void {
  if (timestampMs >= 0 && !isBeyondHorizon(dayOf(timestampMs), nowMs)) return;
  throw PoisonRecord.at(
    offset,
    poisonCodes.received,
    'the record timestamp is no time at which it can have been received',
  );
}

function deviceIndexOf(record: ReceivedRecord): number {
  const text = headerOf(record, 'myelin-device-index') ?? '';
  const index = /^\d{1,10}$/.test(text) ? Number(text) : Infinity;
  if (index <= 4_294_967_295) return index;
  throw PoisonRecord.at(record.offset, poisonCodes.header, 'myelin-device-index must be an unsigned 32-bit number');
}

function retentionClassOf(record: ReceivedRecord): RetentionClassCode {
  const code = retentionClassCode(headerOf(record, 'myelin-retention-class') ?? '');
  if (code !== undefined) return code;
  throw PoisonRecord.at(
    record.offset,
    poisonCodes.header,
    'myelin-retention-class must be short, standard, long, summary or evaluate-only',
  );
}

/** Index in the report -> metrics out of range. */
function flagsOf(record: ReceivedRecord): ReadonlyMap<number, readonly string[]> {
  const header = headerOf(record, 'myelin-out-of-range');
  if (header === undefined || header === '') return noFlags;
  const flags = new Map<number, string[]>();
  for (const entry of header.split(',')) {
    const colon = entry.indexOf(':');
    const index = Number(entry.slice(0, colon));
    if (colon < 1 || !Number.isInteger(index)) {
      throw PoisonRecord.at(record.offset, poisonCodes.header, 'myelin-out-of-range must be <index>:<metric>, ...');
    }
    const metric = entry.slice(colon + 1);
    const metrics = flags.get(index);
    if (metrics === undefined) flags.set(index, [metric]);
    else metrics.push(metric);
  }
  for (const metrics of flags.values()) metrics.sort();
  return flags;
}

const noFlags: ReadonlyMap<number, readonly string[]> = new Map();

/** @throws PoisonRecord when the key is not `<tenant>/<device>` */
export function checkKey(report: DecodedReport): void {
  try {
    parseDeviceKey(report.key);
  } catch (cause) {
    throw PoisonRecord.at(report.offset, poisonCodes.key, 'the key must be <tenant>/<device>', { cause });
  }
}
