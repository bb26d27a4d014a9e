import type { OperatorClient } from '@myelin/fleet-simulator';

export interface Sent {
  readonly ts: number;
  readonly boot?: string;
  readonly seq?: number;
  readonly values: Readonly<Record<string, number | boolean>>;
}

export interface Row extends Sent {
  readonly duplicates: number;
  /** Breaks ties between values of one time; what it is made of is no matter of this model. */
  readonly fingerprint: string;
}

/** What can be asked about a device. */
export interface Device {
  readonly rows: readonly Row[];
  readonly latest: readonly unknown[];
  readonly aggregates: readonly unknown[];
  readonly statistics: Readonly<Record<string, number>>;
}

const metrics = ['h', 'on', 't'];
const dayMs = 86_400_000;

/** The demand as a fold over a set: no order, no batches, no positions. Fingerprints are taken from the rows that were seen. */
export function expectedDevice(sent: readonly Sent[], seen: readonly Row[]): Device {
  const fingerprints = new Map(seen.map((row) => [contentOf(row), row.fingerprint]));
  const rows = [...Map.groupBy(sent, contentOf)].map(([content, copies]): Row => {
    const [first] = copies as [Sent];
    const { ts, values, boot, seq } = first;
    const identity = { ts, values, ...(boot !== undefined && { boot }), ...(seq !== undefined && { seq }) };
    return { ...identity, duplicates: copies.length - 1, fingerprint: fingerprints.get(content) ?? 'not seen' };
  });
  const winners = winnersOf(rows);
  const named = rows.reduce((sum, { values }) => sum + Object.keys(values).length, 0);
  return {
    rows: sortedRows(rows),
    latest: metrics.flatMap((metric) => {
      const last = winners.filter((one) => one.metric === metric).at(-1);
      return last === undefined ? [] : [{ metric, ts: last.ts, value: last.value }];
    }),
    aggregates: aggregatesOf(winners),
    statistics: {
      stored: rows.length,
      duplicates: sent.length - rows.length,
      conflicts: named - winners.length,
      ...{ expired: 0, evaluateOnly: 0 },
    },
  };
}

interface Winner {
  readonly metric: string;
  readonly ts: number;
  readonly value: number | boolean;
}

/** One value per metric and time: the higher seq, then the greater fingerprint. In order of time. */
function winnersOf(rows: readonly Row[]): Winner[] {
  const ranked = [...rows].sort(
    (left, right) =>
      left.ts - right.ts || (right.seq ?? -1) - (left.seq ?? -1) || (left.fingerprint < right.fingerprint ? 1 : -1),
  );
  const winners = new Map<string, Winner>();
  for (const { ts, values } of ranked) {
    for (const [metric, value] of Object.entries(values)) {
      const place = `${metric}@${ts}`;
      if (!winners.has(place)) winners.set(place, { metric, ts, value });
    }
  }
  return [...winners.values()];
}

function aggregatesOf(winners: readonly Winner[]): unknown[] {
  const starts = [...new Set(winners.map(({ ts }) => Math.floor(ts / dayMs) * dayMs))].sort((a, b) => a - b);
  return starts.flatMap((start) =>
    metrics.flatMap((metric) => {
      const ofBucket = winners.filter((one) => one.metric === metric && Math.floor(one.ts / dayMs) * dayMs === start);
      const values = ofBucket.map(({ value }) => Number(value));
      if (values.length === 0) return [];
      const sum = values.reduce((total, value) => total + value, 0);
      const [min, max] = [Math.min(...values), Math.max(...values)];
      return [{ metric, start, count: values.length, sum, min, max, first: values[0], last: values.at(-1) }];
    }),
  );
}

function contentOf({ ts, boot, seq, values }: Sent): string {
  return JSON.stringify([ts, boot ?? null, seq ?? null, Object.entries(values).sort()]);
}

function sortedRows(rows: readonly Row[]): Row[] {
  return [...rows].sort((left, right) => (contentOf(left) < contentOf(right) ? -1 : 1));
}

/** The same, asked of the service. `accounted`: how many measurements of the device it has told apart. */
export async function seenDevice(
  telemetry: OperatorClient,
  device: string,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<Device & { readonly accounted: number }> {
  const get = async <Body>(path: string): Promise<Body | undefined> => {
    const { status, text } = await telemetry.expect([200, 404], 'GET', path);
    return status === 200 ? (JSON.parse(text) as Body) : undefined;
  };
  const range = `from=${fromMs}&to=${toMs}`;
  const functions = 'count,sum,min,max,first,last';
  const counted = await get<{ devices: Record<string, number>[] }>(`/v1/statistics?device=${device}`);
  const { stored = 0, duplicates = 0, conflicts = 0, expired = 0, evaluateOnly = 0 } = counted?.devices[0] ?? {};
  const rows = await get<{ items: Row[] }>(`/v1/devices/${device}/measurements/raw?limit=10000&${range}`);
  const latest = await get<{ metrics: unknown[] }>(`/v1/devices/${device}/latest`);
  const path = `/v1/aggregates?device=${device}&metric=${metrics.join(',')}&bucket=1d&functions=${functions}`;
  const aggregates = await get<{ items: Record<string, unknown>[] }>(`${path}&${range}`);
  return {
    rows: sortedRows(
      (rows?.items ?? []).map(({ ts, boot, seq, values, duplicates: copies, fingerprint }) => ({
        ...{ ts, values, duplicates: copies, fingerprint },
        ...(boot !== undefined && { boot }),
        ...(seq !== undefined && { seq }),
      })),
    ),
    latest: latest?.metrics ?? [],
    aggregates: (aggregates?.items ?? []).map(({ device: _, end: _end, ...one }) => one),
    statistics: { stored, duplicates, conflicts, expired, evaluateOnly },
    accounted: stored + duplicates + expired + evaluateOnly,
  };
}
