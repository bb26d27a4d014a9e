import type { TenantId } from '@myelin/kernel';
import type { DataSource } from 'typeorm';
import { latestValues } from '../src/domain/winners.js';
import { contentOf } from '../src/features/store-measurements/fingerprint.js';
import { AggregateRepository } from '../src/persistence/aggregate.repository.js';
import { DeviceRepository } from '../src/persistence/device.repository.js';
import { LatestRepository } from '../src/persistence/latest.repository.js';
import { MeasurementRepository } from '../src/persistence/measurement.repository.js';
import { StatisticsRepository } from '../src/persistence/statistics.repository.js';
import { queryPool } from './query-pool.fixture.js';
import { winningValues } from './winning-values.fixture.js';

export interface Arrival {
  readonly device: number;
  readonly ts: number;
  readonly boot?: string;
  readonly seq?: number;
  readonly values: Readonly<Record<string, number | boolean>>;
  readonly retentionClass: string;
  readonly flagged: string;
  readonly receivedAtMs: number;
}

export interface State {
  readonly rows: readonly object[];
  readonly latest: readonly unknown[];
  readonly aggregates: readonly unknown[];
  readonly statistics: readonly unknown[];
}

const dayMs = 86_400_000;
const kept: Readonly<Record<string, number>> = { short: 7, standard: 90, long: 1_826, summary: 30 };
const classNames = ['short', 'standard', 'long', 'summary'];
const metrics = ['h', 'on', 't'];

/** The demand, said as a fold over sets: no batches, no positions, no order. */
export function expectedState(arrivals: readonly Arrival[], nowMs: number): State {
  const devices = [0, 1].filter((device) => arrivals.some((arrival) => arrival.device === device));
  const results = devices.map((device) => ({ device, ...deviceState(arrivals, device, nowMs) }));
  return {
    rows: results.flatMap(({ rows }) => rows.map(({ values, ...row }) => ({ ...row, values }))),
    latest: results.map(({ device, rows }) => [device, sortedEntries(latestValues(rows.map(ranked)))]),
    aggregates: results.flatMap(({ device, rows }) => aggregatesOf(device, rows)),
    statistics: results.map(({ device, statistics }) => ({ device: `device-${device}`, ...statistics })),
  };
}

interface ModelRow {
  readonly device: number;
  readonly ts: number;
  readonly fingerprint: string;
  readonly seq: number | undefined;
  readonly retentionClass: string;
  readonly duplicates: number;
  readonly receivedAtMs: number;
  readonly outOfRange: readonly string[];
  readonly values: Readonly<Record<string, unknown>>;
}

function deviceState(arrivals: readonly Arrival[], device: number, nowMs: number) {
  const all = arrivals.filter((arrival) => arrival.device === device);
  const mine = all.filter(({ retentionClass }) => retentionClass !== 'evaluate-only');
  const live = mine.filter(
    ({ ts, retentionClass }) => (Math.floor(ts / dayMs) + 1 + (kept[retentionClass] ?? 0)) * dayMs > nowMs,
  );
  const groups = Map.groupBy(
    live,
    ({ boot, seq, ts, values }) => `${ts} ${contentOf(boot, boot === undefined ? undefined : seq, values).fingerprint}`,
  );
  const rows = [...groups.values()].map((copies) => rowOf(copies)).sort(byTime);
  const names = rows.flatMap(({ ts, values }) => Object.keys(values).map((metric) => `${ts} ${metric}`));
  const statistics = {
    stored: rows.length,
    duplicates: live.length - rows.length,
    expired: mine.length - live.length,
    evaluateOnly: all.length - mine.length,
    ...{ filtered: 0, filteredValues: 0 },
    conflicts: names.length - new Set(names).size,
  };
  return { rows, statistics };
}

function rowOf(copies: readonly Arrival[]): ModelRow {
  const [first] = copies as [Arrival];
  const seq = first.boot === undefined ? undefined : first.seq;
  return {
    device: first.device,
    ts: first.ts,
    fingerprint: contentOf(first.boot, seq, first.values).fingerprint,
    seq,
    retentionClass: copies
      .map((copy) => copy.retentionClass)
      .reduce((left, right) => ((kept[right] ?? 0) > (kept[left] ?? 0) ? right : left)),
    duplicates: copies.length - 1,
    receivedAtMs: Math.min(...copies.map((copy) => copy.receivedAtMs)),
    outOfRange: [...new Set(copies.map(({ flagged }) => flagged))]
      .filter((name) => Object.hasOwn(first.values, name))
      .sort(),
    values: first.values,
  };
}

function byTime(left: ModelRow, right: ModelRow): number {
  return left.ts - right.ts || (left.fingerprint < right.fingerprint ? -1 : 1);
}

const ranked = ({ ts, seq, fingerprint, values }: ModelRow) => ({ tsMs: ts, seq, fingerprint, values });

/** One bucket over everything: that is enough to see a loser counted or a value doubled. */
function aggregatesOf(device: number, rows: readonly ModelRow[]): unknown[] {
  const moments = Map.groupBy(rows, ({ ts }) => ts);
  return metrics.flatMap((metric) => {
    const values = [...moments]
      .sort(([left], [right]) => left - right)
      .flatMap(([, moment]) => {
        const value = winningValues(moment.map(ranked)).get(metric);
        return value === undefined ? [] : [Number(value)];
      });
    if (values.length === 0) return [];
    const sum = values.reduce((total, value) => total + value, 0);
    return [
      {
        device,
        metric,
        count: values.length,
        sum,
        min: Math.min(...values),
        max: Math.max(...values),
        first: values[0],
        last: values.at(-1),
      },
    ];
  });
}

const sortedEntries = <Value>(map: ReadonlyMap<string, Value>) =>
  [...map].sort(([left], [right]) => (left < right ? -1 : 1));

/** The same, read through the repositories that the API reads through. */
export async function storedState(dataSource: DataSource, firstIndex: number): Promise<State> {
  const tenant = `tenant-${firstIndex}` as TenantId;
  const range = { fromMs: 0, toMs: Date.now() + dayMs };
  const scopes = [
    ...(await new DeviceRepository(queryPool(dataSource)).scopes(tenant, ['device-0', 'device-1'])).values(),
  ];
  scopes.sort((left, right) => (left.device < right.device ? -1 : 1));
  const rows: object[] = [];
  const latest: unknown[] = [];
  for (const scope of scopes) {
    for await (const row of new MeasurementRepository(queryPool(dataSource)).rows(scope, { ...range, pageRows: 3 })) {
      const { tsMs, fingerprint, seq, retentionClass, duplicates, receivedAtMs, outOfRange, values, deviceIndex } = row;
      const identity = { device: deviceIndex - firstIndex, ts: tsMs, fingerprint, seq };
      rows.push({
        ...identity,
        retentionClass: classNames[retentionClass],
        duplicates,
        receivedAtMs,
        outOfRange,
        values,
      });
    }
    const found = await new LatestRepository(queryPool(dataSource)).rows(scope, Date.now());
    latest.push([Number(scope.device.at(-1)), sortedEntries(latestValues(found))]);
  }
  const aggregates = await new AggregateRepository(queryPool(dataSource)).aggregate({
    ...{ ...range, scopes, metrics, startsMs: [0] },
    functions: ['count', 'sum', 'min', 'max', 'first', 'last'],
  });
  const statistics = await new StatisticsRepository(queryPool(dataSource)).ofDevices(tenant, { limit: 10 });
  return {
    rows,
    latest,
    aggregates: aggregates.map(({ device, metric, count, sum, min, max, first, last }) => ({
      ...{ device: Number(scopes[device]?.device.at(-1)), metric: metrics[metric] },
      ...{ count, sum, min, max, first, last },
    })),
    statistics,
  };
}
