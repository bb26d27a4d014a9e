import type { MetricFilter, ProfilePolicy } from '../src/domain/profile-policy.js';
import { contentOf } from '../src/features/store-measurements/fingerprint.js';
import { winningValues } from './winning-values.fixture.js';

export const hourMs = 3_600_000;

export interface Arrival {
  readonly device: number;
  readonly ts: number;
  readonly seq: number;
  readonly values: Readonly<Record<string, number | boolean | string>>;
  readonly retentionClass: string;
  readonly receivedAtMs: number;
}

export interface KeptRow {
  readonly ts: number;
  readonly fingerprint: string;
  readonly duplicates: number;
  readonly values: Readonly<Record<string, unknown>>;
}

export interface FilteredState {
  readonly rows: readonly KeptRow[];
  readonly latest: Readonly<Record<string, unknown>>;
  readonly statistics: Readonly<Record<string, number>>;
}

interface Row {
  readonly ts: number;
  readonly seq: number;
  readonly fingerprint: string;
  readonly copies: number;
  readonly onTime: boolean;
  readonly values: Readonly<Record<string, unknown>>;
  readonly left: Record<string, unknown>;
}

/**
 * What filters leave of a device, said slowly: for every value, look back for the last kept one. Numbers of the histories
 * are halves, so that plain arithmetic is exact.
 */
export function expectedFilteredState(arrivals: readonly Arrival[], policy: ProfilePolicy): FilteredState {
  const rows = rowsOf(arrivals, policy);
  const onTime = rows.filter((row) => row.onTime);
  const times = [...new Set(onTime.map(({ ts }) => ts))].sort((left, right) => left - right);
  for (const [metric, filter] of policy.filters) {
    let last: Kept | undefined;
    for (const ts of times) {
      const named = onTime.filter((row) => row.ts === ts && metric in row.values);
      const value = winningValues(named.map((row) => ({ ...row, tsMs: ts }))).get(metric);
      if (value === undefined) continue;
      if (named.length === 1 && last !== undefined && saysNothingNew(filter, last, { ts, value })) {
        delete named[0]?.left[metric];
      } else last = { ts, value };
    }
  }
  return stateOf(arrivals, rows);
}

interface Kept {
  readonly ts: number;
  readonly value: unknown;
}

function saysNothingNew({ deadband, minimumIntervalMs }: MetricFilter, last: Kept, next: Kept): boolean {
  if (typeof last.value !== typeof next.value) return false;
  if (minimumIntervalMs !== undefined && next.ts < last.ts + minimumIntervalMs) return true;
  if (deadband === undefined || typeof next.value !== 'number') return false;
  const hours = [last, next].map(({ ts }) => Math.floor(ts / hourMs));
  return hours[0] === hours[1] && Math.abs(next.value - Number(last.value)) <= deadband;
}

function stateOf(arrivals: readonly Arrival[], rows: readonly Row[]): FilteredState {
  const kept = rows.filter(({ left }) => Object.keys(left).length > 0);
  const names = kept.flatMap(({ ts, left }) => Object.keys(left).map((metric) => `${ts} ${metric}`));
  const valuesOf = (all: readonly object[]): number => all.reduce((sum, one) => sum + Object.keys(one).length, 0);
  const latest = new Map<string, unknown>();
  for (const ts of [...new Set(rows.map((row) => row.ts))].sort((left, right) => left - right)) {
    const moment = rows.filter((row) => row.ts === ts).map((row) => ({ ...row, tsMs: ts }));
    for (const [metric, value] of winningValues(moment)) latest.set(metric, value);
  }
  return {
    rows: kept
      .map(({ ts, fingerprint, copies, left }) => ({ ts, fingerprint, duplicates: copies - 1, values: left }))
      .sort((left, right) => left.ts - right.ts || (left.fingerprint < right.fingerprint ? -1 : 1)),
    latest: Object.fromEntries(latest),
    statistics: {
      ...{ stored: kept.length, duplicates: arrivals.length - rows.length, expired: 0, evaluateOnly: 0 },
      filtered: rows.length - kept.length,
      filteredValues: valuesOf(rows.map(({ values }) => values)) - valuesOf(rows.map(({ left }) => left)),
      conflicts: names.length - new Set(names).size,
    },
  };
}

function rowsOf(arrivals: readonly Arrival[], { latenessMs }: ProfilePolicy): Row[] {
  const fingerprintOf = ({ seq, values }: Arrival): string => contentOf('b', seq, values).fingerprint;
  const groups = Map.groupBy(arrivals, (arrival) => `${arrival.ts} ${fingerprintOf(arrival)}`);
  return [...groups.values()].map((copies) => {
    const [first] = copies as [Arrival];
    const { ts, seq, values } = first;
    const lateFrom = (Math.floor(ts / hourMs) + 1) * hourMs + latenessMs;
    const onTime = copies.some(({ receivedAtMs }) => receivedAtMs < lateFrom);
    return { ts, seq, fingerprint: fingerprintOf(first), copies: copies.length, onTime, values, left: { ...values } };
  });
}
