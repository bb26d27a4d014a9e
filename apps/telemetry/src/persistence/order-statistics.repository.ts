import type { Bins, Histogram } from '../domain/order-statistics.js';
import { classesOf } from '../domain/retention.js';
import type { AggregateRequest } from './aggregate.repository.js';
import { classBitsOf, tenantOf } from './device.repository.js';
import { rounded } from './moments.js';
import type { QueryPool } from './query-pool.js';
import { winningValuesSql } from './winning-values.js';

/** Series (devices times metrics) over consecutive buckets. */
export type SeriesRequest = Omit<AggregateRequest, 'functions'>;

/** Positions in the request's bucket starts, devices and metrics. */
export interface Place {
  readonly bucket: number;
  readonly device: number;
  readonly metric: number;
}

export interface Percentiles extends Place {
  /** In the order of the fractions that were asked for. */
  readonly percentiles: readonly number[];
}

/** With the parameters of {@link seriesParameters}. */
export const seriesWinnersSql = winningValuesSql({
  series:
    'unnest($1::bigint[], $2::integer[]) AS series (index, device) JOIN device d ON d.index = series.index AND d.tenant = $3',
  metrics: 'unnest($4::text[]) WITH ORDINALITY AS metric (name, position)',
  ...{ classes: '$5', from: '$6', to: '$7' },
});

/** The last one, `$8`, are the starts of the buckets. */
export function seriesParameters({ scopes, metrics, fromMs, toMs, startsMs }: SeriesRequest): unknown[] {
  const pairs = scopes.flatMap((scope, device) => scope.indexes.map((index) => ({ index, device })));
  return [
    pairs.map((pair) => pair.index),
    pairs.map((pair) => pair.device),
    tenantOf({ scopes }),
    metrics,
    classesOf(classBitsOf(scopes)),
    new Date(fromMs),
    new Date(toMs),
    startsMs.map((startMs) => new Date(startMs)),
  ];
}

/** Every value that counts, with the positions of its bucket, device and metric in the request. */
const numbersInBuckets = `
  winner AS (${seriesWinnersSql}), number_in_bucket AS (
    SELECT width_bucket(ts, $8::timestamptz[]) - 1 AS bucket, device, metric::integer - 1 AS metric,
      CASE jsonb_typeof(json) WHEN 'number' THEN json::float8 ELSE json::boolean::integer::float8 END AS number
    FROM winner WHERE jsonb_typeof(json) IN ('number', 'boolean')
  )`;

export const percentilesSql = `
  WITH ${numbersInBuckets}
  SELECT bucket, device, metric, percentile_cont($9::float8[]) WITHIN GROUP (ORDER BY number) AS percentiles
  FROM number_in_bucket GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`;

/**
 * Edges are computed over decimals, from the shortest text that reads back as the same double: so they ascend, and the
 * outer ones are the range itself. A range of one value is one bin. Slot 0 is below the first edge, the one after the
 * last bin is above the last edge.
 */
export const histogramsSql = `
  WITH ${numbersInBuckets}, spread AS (
    SELECT bucket, device, metric, coalesce($10::float8, min(number)) AS low, coalesce($11::float8, max(number)) AS high
    FROM number_in_bucket GROUP BY 1, 2, 3
  ), cut AS (
    SELECT bucket, device, metric, coalesce($9::float8[], ARRAY(
      SELECT ${rounded('low::text::numeric + (high::text::numeric - low::text::numeric) * bin.edge / bins.number')}
      FROM generate_series(0, bins.number) AS bin (edge) ORDER BY bin.edge)) AS edges
    FROM spread CROSS JOIN LATERAL (SELECT CASE WHEN low = high THEN 1 ELSE $12::integer END) AS bins (number)
  ), tally AS (
    SELECT bucket, device, metric, edges, count(*)::float8 AS number,
      CASE WHEN number = edges[cardinality(edges)] THEN cardinality(edges) - 1 ELSE width_bucket(number, edges) END AS slot
    FROM number_in_bucket JOIN cut USING (bucket, device, metric) GROUP BY bucket, device, metric, edges, slot
  )
  SELECT bucket, device, metric, edges, array_agg(slot) AS slots, array_agg(number) AS numbers
  FROM tally GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3`;

interface HistogramRow extends Place {
  readonly edges: readonly number[];
  readonly slots: readonly number[];
  readonly numbers: readonly number[];
}

/** What needs the raw values of every bucket, in order. */
export class OrderStatisticsRepository {
  constructor(private readonly pool: QueryPool) {}

  /**
   * Between two values interpolated linearly, as `percentile_cont` does it: of n values in order, fraction f stands at
   * f (n - 1). One row per bucket, device and metric that has a value.
   *
   * @param fractions from 0 to 1
   */
  async percentiles(request: SeriesRequest, fractions: readonly number[]): Promise<Percentiles[]> {
    return this.pool.read<Percentiles>(tenantOf(request), percentilesSql, [...seriesParameters(request), fractions]);
  }

  /** One row per bucket, device and metric that has a value. */
  async histograms(request: SeriesRequest, bins: Bins): Promise<(Place & { readonly histogram: Histogram })[]> {
    const cut =
      'edges' in bins
        ? [bins.edges, null, null, null]
        : [null, bins.range?.from ?? null, bins.range?.to ?? null, bins.bins];
    const rows = await this.pool.read<HistogramRow>(tenantOf(request), histogramsSql, [
      ...seriesParameters(request),
      ...cut,
    ]);
    return rows.map(({ bucket, device, metric, ...row }) => ({ bucket, device, metric, histogram: histogramOf(row) }));
  }
}

function histogramOf({ edges, slots, numbers }: Omit<HistogramRow, keyof Place>): Histogram {
  const all = new Array<number>(edges.length + 1).fill(0);
  for (const [index, slot] of slots.entries()) all[slot] = numbers[index] ?? 0;
  return { edges, counts: all.slice(1, -1), below: all[0] ?? 0, above: all.at(-1) ?? 0 };
}
