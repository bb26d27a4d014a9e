import { type AggregateFunction } from '../domain/aggregate-functions.js';

/**
 * Moments are what is known of the values of one device and metric in a span of time. They are exact (numeric, never
 * float8) and those of spans that follow each other merge exactly, so an aggregate does not depend on the order or the
 * grouping in which they were put together. Here they are SQL over two relations: of pieces, spans that do not overlap,
 * one value being the shortest, with the columns `first_ms`, `last_ms` (since the epoch) and those named below; and of
 * their merger.
 */
export type Moment =
  | 'count'
  | 'sum'
  | 'sum_squares'
  | 'min'
  | 'max'
  | 'first'
  | 'last'
  /** The values times how long they held, in ms, from the first ts to the last: each holds until the next one. */
  | 'area'
  /** Of a counter; a value smaller than the one before it is a reset, and counts as it is. */
  | 'increase'
  | 'resets'
  /** Times are milliseconds since an origin that the pieces of a merger share. */
  | 'sum_t'
  | 'sum_tt'
  | 'sum_tv';

/** A json value as a number, or null: numbers count as they are, booleans as 1 and 0, other kinds not at all. */
export function numberOf(json: string): string {
  return `CASE jsonb_typeof(${json}) WHEN 'number' THEN (${json})::numeric WHEN 'boolean' THEN (${json})::boolean::integer::numeric END`;
}

/** Milliseconds since the epoch, bigint. Exact: float8 holds the microseconds of the next two centuries, and is much cheaper. */
export function msOf(ts: string): string {
  return `(date_part('epoch', ${ts}) * 1000)::bigint`;
}

interface MomentRule {
  /** Of one `value` with its time `at`, in ms since the origin; null where one value has nothing to add. */
  readonly ofValue: string;
  /** Of a piece whose own origin is `shift` ms after that of the merger. */
  readonly shifted?: string;
  readonly merged: string;
  /** Needs to know what is next to a piece: `opens`, true of the first piece, and `next_ms` and `next_first`, null for the last. */
  readonly steps?: true;
}

const firstOfAll = 'max(first) FILTER (WHERE opens)';
const lastOfAll = 'max(last) FILTER (WHERE next_ms IS NULL)';
const orNone = (sum: string): string => `coalesce(${sum}, 0)`;

// Each value passes through all of these, so they are spelled for their price: a sum skips nulls for nothing, and integers
// are a tenth of numeric.
const rules: Readonly<Record<Moment, MomentRule>> = {
  count: { ofValue: '1::bigint', merged: 'sum(count)' },
  sum: { ofValue: 'value', merged: 'sum(sum)' },
  sum_squares: { ofValue: 'value * value', merged: 'sum(sum_squares)' },
  min: { ofValue: 'value', merged: 'min(min)' },
  max: { ofValue: 'value', merged: 'max(max)' },
  first: { ofValue: 'value', merged: firstOfAll, steps: true },
  last: { ofValue: 'value', merged: lastOfAll, steps: true },
  area: {
    ofValue: 'NULL::numeric',
    merged: `${orNone('sum(area)')} + ${orNone('sum(last * (next_ms - last_ms))')}`,
    steps: true,
  },
  // The last less the first, and what resets have hidden: within the pieces and at the steps between them.
  increase: {
    ofValue: 'NULL::numeric',
    merged: `${lastOfAll} - ${firstOfAll} + ${orNone('sum(increase - last + first)')} + ${orNone('sum(last) FILTER (WHERE next_first < last)')}`,
    steps: true,
  },
  resets: {
    ofValue: 'NULL::bigint',
    merged: `${orNone('sum(resets)')} + count(*) FILTER (WHERE next_first < last)`,
    steps: true,
  },
  sum_t: { ofValue: 'at', shifted: 'sum_t + count * shift', merged: 'sum(sum_t)' },
  sum_tt: {
    ofValue: 'at::numeric * at',
    shifted: 'sum_tt + 2 * shift * sum_t + count * shift::numeric * shift',
    merged: 'sum(sum_tt)',
  },
  sum_tv: { ofValue: 'at * value', shifted: 'sum_tv + shift * sum', merged: 'sum(sum_tv)' },
};

export const allMoments = Object.keys(rules) as readonly Moment[];

/** What a rule's `merged` reads beside its own column. */
const readsBeside: Partial<Record<Moment, readonly Moment[]>> = {
  // What leads to the next piece looks at its first value, whether the rule does or not.
  last: ['first'],
  area: ['first', 'last'],
  increase: ['first', 'last'],
  resets: ['first', 'last'],
};

function readBy(moments: readonly Moment[]): Moment[] {
  return [...new Set(moments.flatMap((moment) => [moment, ...(readsBeside[moment] ?? [])]))];
}

/** A select list that makes pieces of `value`s (numeric, not null) with their times `ms` (since the epoch) and `at`, bigint. */
export function valuePieces(moments: readonly Moment[]): string {
  const columns = readBy(moments).map((moment) => `${rules[moment].ofValue} AS ${moment}`);
  return ['ms AS first_ms', 'ms AS last_ms', ...columns].join(', ');
}

/** A select list that makes pieces of mergers with all moments, counted from an origin `shift` ms before their own. */
export function mergedPieces(moments: readonly Moment[]): string {
  return ['first_ms', 'last_ms', ...shiftedMoments(moments)].join(', ');
}

/** The same of rollups, which have `first_ts` and `last_ts`. */
export function rollupPieces(moments: readonly Moment[]): string {
  return [`${msOf('first_ts')} AS first_ms`, `${msOf('last_ts')} AS last_ms`, ...shiftedMoments(moments)].join(', ');
}

function shiftedMoments(moments: readonly Moment[]): string[] {
  return readBy(moments).map((moment) => `${rules[moment].shifted ?? moment} AS ${moment}`);
}

export interface MergeRequest {
  /** SQL of the pieces, with the columns below. */
  readonly pieces: string;
  /** Columns that tell one series from another; none when all are of one. */
  readonly series: readonly string[];
  /** Column that numbers the spans to merge into, ascending in time. */
  readonly span: string;
  readonly moments: readonly Moment[];
}

/** One row per series and span, with `first_ms`, `last_ms` and the moments. */
export function mergeSql({ pieces, series, span, moments }: MergeRequest): string {
  const keys = [...series, span].join(', ');
  const steps = moments.some((moment) => rules[moment].steps === true);
  const merged = moments.map((moment) => `${rules[moment].merged} AS ${moment}`);
  return `
    SELECT ${[keys, 'min(first_ms) AS first_ms', 'max(last_ms) AS last_ms', ...merged].join(', ')}
    FROM (${steps ? withNext(pieces, keys) : pieces}) AS piece
    GROUP BY ${keys}`;
}

function withNext(pieces: string, keys: string): string {
  return `
    SELECT *, row_number() OVER following = 1 AS opens, lead(first_ms) OVER following AS next_ms,
      lead(first) OVER following AS next_first
    FROM (${pieces}) AS one WINDOW following AS (PARTITION BY ${keys} ORDER BY first_ms)`;
}

/**
 * A quotient of exact numbers with at least 24 significant digits, more than float8 can tell apart: numeric alone stops
 * at 16 or so, and rounding such a one again can end beside the nearest float8.
 */
function quotient(dividend: string, divisor: string): string {
  return `(${dividend}) * 1.${'0'.repeat(60)} / nullif(${divisor}, 0)`;
}

/** The one rounding. What is nearer to 0 than to the least float8 is 0; PostgreSQL would refuse it. */
export function rounded(exact: string): string {
  return `(SELECT CASE WHEN abs(exact) > 2.4703282292062328e-324 THEN exact::float8 WHEN exact IS NOT NULL THEN 0 END
    FROM (SELECT ${exact} AS exact) AS one)`;
}

interface FunctionRule {
  readonly needs: readonly Moment[];
  /** Of merged moments; null when there is no answer. */
  readonly sql: string;
}

const spanMs = '(last_ms - first_ms)';
const plain = (moment: Moment): FunctionRule => ({ needs: [moment], sql: `${moment}::float8` });

const functionRules: Readonly<Record<AggregateFunction, FunctionRule>> = {
  min: plain('min'),
  max: plain('max'),
  sum: plain('sum'),
  count: plain('count'),
  first: plain('first'),
  last: plain('last'),
  increase: plain('increase'),
  resets: plain('resets'),
  avg: { needs: ['sum', 'count'], sql: rounded(quotient('sum', 'count')) },
  /** Of a sample. */
  stddev: {
    needs: ['count', 'sum', 'sum_squares'],
    sql: rounded(`sqrt(${quotient('count * sum_squares - sum * sum', 'count * (count - 1)')})`),
  },
  timeWeightedAvg: {
    needs: ['area', 'last'],
    sql: rounded(`coalesce(${quotient('area', spanMs)}, last)`),
  },
  /** Per second. */
  rate: { needs: ['increase'], sql: rounded(quotient('increase * 1000', spanMs)) },
  /** Least squares, per second. */
  slope: {
    needs: ['count', 'sum', 'sum_t', 'sum_tt', 'sum_tv'],
    sql: rounded(quotient('(count * sum_tv - sum_t * sum) * 1000', 'count * sum_tt - sum_t * sum_t')),
  },
};

export function momentsOf(functions: readonly AggregateFunction[]): Moment[] {
  return [...new Set(functions.flatMap((name) => functionRules[name].needs))];
}

/** A select list over merged moments. */
export function functionColumns(functions: readonly AggregateFunction[]): string {
  return functions.map((name) => `${functionRules[name].sql} AS "${name}"`).join(', ');
}
