import { measurementReportedV1 } from '@myelin/contracts';
import { type EncodedRecord, headerNames } from '@myelin/messaging';

const devices = 1_000;
const constant = {
  [headerNames.specVersion]: Buffer.from('1.0'),
  [headerNames.type]: Buffer.from(measurementReportedV1.type),
  [headerNames.source]: Buffer.from('/gateways/bench'),
  [headerNames.contentType]: Buffer.from('application/json'),
  'myelin-retention-class': Buffer.from('standard'),
  'myelin-profile': Buffer.from('machine'),
};

/** The records that a gateway makes: 195 bytes of JSON, nine headers, a thousand devices by turns. */
export function sampleRecord(nth: number, boot: string): EncodedRecord {
  const nowMs = Date.now();
  const index = nth % devices;
  const metrics =
    '"temperature":21.50,"humidity":40.25,"pressure":1013.2,"voltage":3.31,"current":0.12,"vibration":0.02';
  return {
    topic: measurementReportedV1.topic.name,
    key: `bench/machine-${index}`,
    value: Buffer.from(`{"ts":${nowMs},"boot":"${boot}","seq":${100_000_000 + nth},"values":{${metrics}}}`),
    headers: {
      ...constant,
      [headerNames.id]: `${boot}-${nth.toString(36)}`,
      [headerNames.time]: new Date(nowMs).toISOString(),
      'myelin-device-index': String(index),
    },
    timestampMs: nowMs,
  };
}

export interface PublishWork {
  readonly records: number;
  readonly perRequest: number;
  readonly boot: string;
}

const inFlight = 4;

/** Sends the records, `perRequest` at a time, four requests under way. Gives how many were acknowledged. */
export async function sendAll(
  { records, perRequest, boot }: PublishWork,
  send: (records: readonly EncodedRecord[]) => Promise<unknown>,
): Promise<number> {
  let next = 0;
  let acknowledged = 0;
  const lane = async (): Promise<void> => {
    while (next < records) {
      const from = next;
      next = Math.min(records, next + perRequest);
      const made = Array.from({ length: next - from }, (_, nth) => sampleRecord(from + nth, boot));
      await send(made);
      acknowledged += made.length;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return acknowledged;
}
