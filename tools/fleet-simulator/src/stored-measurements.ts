import type { SentMeasurement } from './ledger.js';
import type { OperatorClient } from './operator-client.js';
import type { StoredMeasurement } from './proof.js';

/** Everything stored of a device in [fromMs, toMs), as the query API streams it raw. */
export async function readStored(
  telemetry: OperatorClient,
  device: string,
  fromMs: number,
  toMs: number,
): Promise<StoredMeasurement[]> {
  const query = new URLSearchParams({ from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() });
  const response = await telemetry.expect(
    [200],
    'GET',
    `/v1/devices/${encodeURIComponent(device)}/measurements/raw?${query.toString()}`,
    {
      headers: { accept: 'application/x-ndjson' },
    },
  );
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
