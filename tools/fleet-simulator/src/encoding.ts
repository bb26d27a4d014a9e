import { gzipSync, zstdCompressSync } from 'node:zlib';
import { encode } from 'cbor2';
import type { SentMeasurement } from './ledger.js';

const mediaTypes = [
  'application/json',
  'application/cbor',
  'application/senml+json',
  'application/senml+cbor',
] as const;
const compressions = {
  identity: (body: Buffer): Buffer => body,
  gzip: (body: Buffer): Buffer => gzipSync(body),
  zstd: (body: Buffer): Buffer => zstdCompressSync(body),
};

/** How a device writes its reports. */
export interface Encoding {
  readonly mediaType: (typeof mediaTypes)[number];
  readonly coding: keyof typeof compressions;
}

export const encodingMixes = ['json', 'mixed'] as const;
/** `json`: JSON, every tenth device with gzip. `mixed`: every media type with every content coding, in equal shares. */
export type EncodingMix = (typeof encodingMixes)[number];

/** How the device of a fleet by this number writes. */
export function encodingOf(nth: number, mix: EncodingMix): Encoding {
  if (mix === 'json') return { mediaType: 'application/json', coding: nth % 10 === 9 ? 'gzip' : 'identity' };
  const codings = Object.keys(compressions) as Encoding['coding'][];
  return {
    mediaType: mediaTypes[nth % mediaTypes.length] as Encoding['mediaType'],
    coding: codings[Math.floor(nth / mediaTypes.length) % codings.length] as Encoding['coding'],
  };
}

/** SenML has no place for `boot` and `seq`: its measurements are told apart by their time. */
export function namesMeasurements({ mediaType }: Encoding): boolean {
  return !mediaType.startsWith('application/senml+');
}

/** The body of a report. The encoder of CBOR is another implementation than the decoder of the gateway. */
export function encodedReport(encoding: Encoding, device: string, measurements: readonly SentMeasurement[]): Buffer {
  return compressions[encoding.coding](written(encoding, device, measurements));
}

function written({ mediaType }: Encoding, device: string, measurements: readonly SentMeasurement[]): Buffer {
  switch (mediaType) {
    case 'application/json':
      return Buffer.from(JSON.stringify(canonical(measurements)));
    case 'application/cbor':
      return Buffer.from(encode(canonical(measurements)));
    case 'application/senml+json':
      return Buffer.from(JSON.stringify(packOf(device, measurements)));
    case 'application/senml+cbor':
      return Buffer.from(encode(packOf(device, measurements).map(withIntegerLabels)));
  }
}

function canonical(measurements: readonly SentMeasurement[]): unknown {
  const documents = measurements.map(({ ts, boot, seq, values }) => ({ ts, boot, seq, values }));
  return documents.length === 1 ? documents[0] : documents;
}

type SenmlRecord = Readonly<Record<string, SentMeasurement['values'][string]>>;

/** Names below the device's, times from that of the first measurement. */
function packOf(device: string, measurements: readonly SentMeasurement[]): SenmlRecord[] {
  const baseMs = measurements[0]?.ts ?? 0;
  return measurements.flatMap(({ ts, values }, nth) =>
    Object.entries(values).map(([n, value], i) => ({
      ...(nth === 0 && i === 0 && { bn: `${device}/`, bt: baseMs / 1_000 }),
      n,
      [valueLabels[typeof value as keyof typeof valueLabels]]: value,
      t: (ts - baseMs) / 1_000,
    })),
  );
}

const valueLabels = { number: 'v', boolean: 'vb', string: 'vs' } as const;
/** RFC 8428, 6. */
const integerLabels: Readonly<Record<string, number>> = { bn: -2, bt: -3, n: 0, v: 2, vs: 3, vb: 4, t: 6 };

function withIntegerLabels(record: SenmlRecord): Map<number, SenmlRecord[string]> {
  return new Map(Object.entries(record).map(([label, value]) => [integerLabels[label] as number, value]));
}
