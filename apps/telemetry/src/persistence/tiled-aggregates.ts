import type { PoolClient } from 'pg';
import { type RollupLevel, type Span, coarsestLevel, rollupLevels, tilesOf } from '../domain/resolution.js';
import { classesOf, dayMs } from '../domain/retention.js';
import type { Aggregate, AggregateRequest } from './aggregate.repository.js';
import { classBitsOf } from './device.repository.js';
import { refuseGoneRows } from './gone-rows.js';
import {
  type Moment,
  functionColumns,
  mergeSql,
  momentsOf,
  msOf,
  numberOf,
  rollupPieces,
  valuePieces,
} from './moments.js';
import { askOf } from './read.js';
import { type Series, coverageOf } from './resolution.repository.js';
import { winningValuesSql } from './winning-values.js';

interface Tile extends Series, Span {}
export type SeriesTiles = Readonly<Record<RollupLevel | 'rows', Tile[]>>;

/** Adds a parameter and names it. */
type Bind = (value: unknown) => string;

/**
 * The same answer as from rows alone, read from the coarsest rollups that tile the buckets; edges, open and marked hours
 * from rows. Within the caller's transaction, which has one snapshot: a rollup is never seen without the marks on it.
 * @throws TelemetryError telemetry.resolution-unavailable when only rollups are left and they do not tile the buckets
 */
export async function tiledAggregates(client: PoolClient, request: AggregateRequest): Promise<Aggregate[]> {
  const tiles = await tilesOfSeries(client, request);
  const needed = { spans: [...tiles.rows, ...tiles.minute], metrics: request.metrics };
  await refuseGoneRows(askOf(client), { ...needed, classes: classBitsOf(request.scopes) }, 'buckets');
  const statement = tiledStatement(tiles, request);
  if (statement === undefined) return [];
  const { rows } = await client.query<Aggregate>(statement.sql, statement.parameters);
  return rows;
}

/** One row per bucket, device and metric that has a value; undefined when there is no tile. */
export function tiledStatement(
  tiles: SeriesTiles,
  request: AggregateRequest,
): { readonly sql: string; readonly parameters: unknown[] } | undefined {
  const parameters: unknown[] = [];
  const bind: Bind = (value) => `$${parameters.push(value)}`;
  const moments = momentsOf(request.functions);
  const shared = {
    starts: `${bind(request.startsMs.map((startMs) => new Date(startMs)))}::timestamptz[]`,
    metrics: `unnest(${bind(request.metrics)}::text[]) WITH ORDINALITY AS metric (name, position)`,
    classes: `${bind(classesOf(classBitsOf(request.scopes)))}::smallint[]`,
  };
  const pieces = [
    ...clustered(tiles.rows).map((rows) => rowPieces(rows, moments, shared, bind)),
    ...rollupLevels.flatMap((level) =>
      tiles[level].length === 0 ? [] : [levelPieces(level, tiles[level], moments, shared, bind)],
    ),
  ];
  if (pieces.length === 0) return undefined;
  const merged = mergeSql({
    pieces: pieces.join(' UNION ALL '),
    series: ['device', 'metric'],
    span: 'bucket',
    moments,
  });
  const sql = `
    SELECT bucket - 1 AS bucket, device, metric::integer - 1 AS metric, ${functionColumns(request.functions)}
    FROM (${merged}) AS merged ORDER BY 1, 2, 3`;
  return { sql, parameters };
}

async function tilesOfSeries(client: PoolClient, request: AggregateRequest): Promise<SeriesTiles> {
  const { scopes, metrics, startsMs, fromMs, toMs } = request;
  const tiles: SeriesTiles = { rows: [], minute: [], hour: [], day: [] };
  const series = scopes.flatMap(({ indexes }, device) => indexes.map((index) => ({ index, device })));
  const level = coarsestLevel(startsMs);
  const covered = level && (await coverageOf(client, { series, metrics, level, fromMs, toMs }));
  for (const one of series) {
    const coverage = covered?.get(one.index);
    const cut = coverage === undefined ? { rows: [{ fromMs, toMs }] } : tilesOf({ fromMs, toMs }, coverage);
    for (const [kind, spans] of Object.entries(cut)) {
      for (const span of spans) tiles[kind as keyof SeriesTiles].push({ ...one, ...span });
    }
  }
  return tiles;
}

/** Rows that lie far apart are statements apart, so that each opens the partitions of its own days alone. */
function clustered(rows: readonly Tile[]): Tile[][] {
  const clusters: Tile[][] = [];
  let endMs = Number.NEGATIVE_INFINITY;
  for (const tile of [...rows].sort((left, right) => left.fromMs - right.fromMs)) {
    if (clusters.length === 0 || (tile.fromMs - endMs > 2 * dayMs && clusters.length < maxClusters)) clusters.push([]);
    clusters.at(-1)?.push(tile);
    endMs = Math.max(endMs, tile.toMs);
  }
  return clusters;
}

const maxClusters = 6;

interface Shared {
  readonly starts: string;
  readonly metrics: string;
  readonly classes: string;
}

function tileTable(tiles: readonly Tile[], bind: Bind): { table: string; from: string; to: string } {
  const lists = [
    `${bind(tiles.map((tile) => tile.index))}::bigint[]`,
    `${bind(tiles.map((tile) => tile.device))}::integer[]`,
    `${bind(tiles.map((tile) => new Date(tile.fromMs)))}::timestamptz[]`,
    `${bind(tiles.map((tile) => new Date(tile.toMs)))}::timestamptz[]`,
  ];
  const outer = tiles.reduce(
    (span, tile) => ({ fromMs: Math.min(span.fromMs, tile.fromMs), toMs: Math.max(span.toMs, tile.toMs) }),
    { fromMs: Infinity, toMs: -Infinity },
  );
  // The outer bounds let the planner leave out partitions before it opens them.
  return {
    table: `unnest(${lists.join(', ')}) AS series (index, device, from_ts, to_ts)`,
    from: `${bind(new Date(outer.fromMs))}::timestamptz`,
    to: `${bind(new Date(outer.toMs))}::timestamptz`,
  };
}

function rowPieces(tiles: readonly Tile[], moments: readonly Moment[], shared: Shared, bind: Bind): string {
  const { table: series, from, to } = tileTable(tiles, bind);
  const { metrics, classes } = shared;
  const where = 'm.ts >= series.from_ts AND m.ts < series.to_ts';
  const winners = winningValuesSql({ series, metrics, classes, from, to, where });
  return `SELECT device, metric, bucket, ${valuePieces(moments)} FROM (
    SELECT device, metric, bucket, ms, ms - ${msOf(`(${shared.starts})[bucket]`)} AS at, value FROM (
      SELECT device, metric, width_bucket(ts, ${shared.starts}) AS bucket, ${msOf('ts')} AS ms, ${numberOf('json')} AS value FROM (
        ${winners}
      ) AS winner) AS numbered
    WHERE value IS NOT NULL) AS placed`;
}

/** What is past its retention no longer counts, whether its partition is dropped already or not. */
function levelPieces(
  level: RollupLevel,
  tiles: readonly Tile[],
  moments: readonly Moment[],
  shared: Shared,
  bind: Bind,
): string {
  const { table, from, to } = tileTable(tiles, bind);
  return `SELECT device, metric, bucket, ${rollupPieces(moments)} FROM (
    SELECT placed.*, ${msOf('start')} - ${msOf(`(${shared.starts})[bucket]`)} AS shift FROM (
      SELECT r.*, series.device, metric.position AS metric, width_bucket(r.start, ${shared.starts}) AS bucket
      FROM ${table} CROSS JOIN ${shared.metrics}
      JOIN (SELECT ${rollupColumns} FROM rollup_${level}) AS r
        ON r.device_index = series.index AND r.metric_name = metric.name AND r.start >= series.from_ts AND r.start < series.to_ts
      WHERE r.class = ANY(${shared.classes}) AND r.start >= ${from} AND r.start < ${to}
        AND r.start >= date_trunc('day', now(), 'UTC') - rollup_kept_days('${level}', r.class) * interval '1 day'
    ) AS placed) AS shifted`;
}

const rollupColumns = [
  ...['device_index', 'start', 'class', 'metric AS metric_name', 'first_ts', 'last_ts', 'count', 'resets'],
  ...['sum', 'sum_squares', 'min', 'max', 'first', 'last', 'area', 'increase', 'sum_t', 'sum_tt', 'sum_tv'],
].join(', ');
