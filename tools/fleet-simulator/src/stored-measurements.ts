import { setTimeout as delay } from 'node:timers/promises';
import type { SentMeasurement } from './ledger.js';
import type { OperatorClient } from './operator-client.js';
import type { StoredMeasurement } from './proof.js';
import { SimulatorError } from './simulator.errors.js';

/** One answer is about so much device time: half a million measurements in one go would have to be read again as a whole. */
const spanMs = 600_000;
const attempts = 4;
const pauseMs = 2_000;

/** Everything stored of a device in [fromMs, toMs), as the query API streams it raw. A line that breaks is no loss: the span is read again. */
export async function readStored(
  telemetry: OperatorClient,
  device: string,
  fromMs: number,
  toMs: number,
): Promise<StoredMeasurement[]> {
  const spans: StoredMeasurement[][] = [];
  for (let startMs = fromMs; startMs < toMs; startMs += spanMs) {
    const span = { fromMs: startMs, toMs: Math.min(startMs + spanMs, toMs) };
    spans.push(await patiently(() => readSpan(telemetry, device, span)));
  }
  return spans.flat();
}

/** Tries again what failed on its way; what the service refuses is refused. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof SimulatorError || attempt === attempts) throw error;
      await delay(attempt * pauseMs);
    }
  }
}

async function readSpan(
  telemetry: OperatorClient,
  device: string,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<StoredMeasurement[]> {
  const query = new URLSearchParams({ from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() });
  const path = `/v1/devices/${encodeURIComponent(device)}/measurements/raw?${query.toString()}`;
  const response = await telemetry.expect([200], 'GET', path, { headers: { accept: 'application/x-ndjson' } });
  return response.text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => storedOf(device, JSON.parse(line) as RawRow));
}

/** True when a query over the measurement's own millisecond shows it. */
export async function isQueryable(telemetry: OperatorClient, measurement: SentMeasurement): Promise<boolean> {
  const rows = await readStored(telemetry, measurement.device, measurement.ts, measurement.ts + 1);
  return rows.some((row) => row.seq === measurement.seq && row.boot === measurement.boot);
}

interface RawRow {
  readonly ts: string | number;
  readonly boot?: string | null;
  readonly seq?: number | null;
  readonly values: Readonly<Record<string, number | boolean | string>>;
  readonly duplicates: number;
}

function storedOf(device: string, row: RawRow): StoredMeasurement {
  return {
    device,
    ts: typeof row.ts === 'number' ? row.ts : Date.parse(row.ts),
    boot: row.boot ?? '',
    seq: row.seq ?? -1,
    values: row.values,
    duplicates: row.duplicates,
  };
}
