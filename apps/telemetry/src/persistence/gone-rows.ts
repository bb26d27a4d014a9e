import { hourMs } from '../domain/hour-marks.js';
import type { Span } from '../domain/resolution.js';
import { classBit, dayMs, retentionClassCodes } from '../domain/retention.js';
import { TelemetryError } from '../domain/telemetry.errors.js';
import type { Ask } from './read.js';

const { summary } = retentionClassCodes;

/** What needs rows, and what would be answered instead. */
const refusals = {
  buckets: (rowsFrom: string) =>
    `Before ${rowsFrom} only whole hours and days are kept: ask for buckets and a range of such, or from then on`,
  orderStatistics: (rowsFrom: string) =>
    `Percentiles and histograms need the values themselves, which are kept from ${rowsFrom} on: ask from then on`,
  states: (rowsFrom: string) =>
    `States need the values themselves, which are kept from ${rowsFrom} on: ask from then on`,
};
export type NeedOfRows = keyof typeof refusals;

export interface NeededRows {
  readonly spans: readonly (Span & { readonly index: number })[];
  readonly metrics: readonly string[];
  /** Bits of the classes of the devices. */
  readonly classes: number;
}

const goneSql = `
  SELECT FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) AS needed (index, from_ts, to_ts)
  JOIN rollup_hour r ON r.device_index = needed.index AND r.start >= needed.from_ts AND r.start < needed.to_ts
  WHERE r.class = ${summary} AND r.metric = ANY($4::text[]) AND r.start >= $5 AND r.start < $6
    AND NOT EXISTS (SELECT FROM rollup_mark m WHERE m.device_index = r.device_index
      AND m.hour = (date_part('epoch', r.start) / 3600)::integer) LIMIT 1`;

/**
 * Rows of class `summary` end long before its rollups: what needs rows is refused where rollups say that there were some.
 * @throws TelemetryError telemetry.resolution-unavailable
 */
export async function refuseGoneRows(ask: Ask, needed: NeededRows, need: NeedOfRows): Promise<void> {
  const rowsFromMs = await goneUntilMs(ask, needed);
  if (rowsFromMs === undefined) return;
  const refusal = refusals[need](new Date(rowsFromMs).toISOString());
  throw TelemetryError.permanent('telemetry.resolution-unavailable', refusal, { details: { rowsFromMs } });
}

/** From when on rows are kept, if some of those that are needed are gone. */
export async function goneUntilMs(ask: Ask, { spans, metrics, classes }: NeededRows): Promise<number | undefined> {
  if ((classes & classBit(summary)) === 0) return undefined;
  const rowsFromMs = await summaryRowsFromMs(ask);
  const before = spans.filter(({ fromMs }) => fromMs < rowsFromMs);
  if (before.length === 0) return undefined;
  const firstMs = before.map(({ fromMs }) => Math.floor(fromMs / hourMs) * hourMs);
  const rows = await ask(goneSql, [
    before.map(({ index }) => index),
    firstMs.map((fromMs) => new Date(fromMs)),
    before.map(({ toMs }) => new Date(Math.min(toMs, rowsFromMs))),
    metrics,
    ...[new Date(Math.min(...firstMs)), new Date(rowsFromMs)],
  ]);
  return rows.length === 0 ? undefined : rowsFromMs;
}

/** From when on what was refused would not be; undefined of other errors. */
export function rowsFromMsOf(error: unknown): number | undefined {
  if (!(error instanceof TelemetryError) || error.code !== 'telemetry.resolution-unavailable') return undefined;
  return error.details['rowsFromMs'] as number;
}

/** From when on rows of class `summary` are kept, by the database's clock. */
async function summaryRowsFromMs(ask: Ask): Promise<number> {
  const [row] = await ask<{ day: number }>(
    `SELECT (now() AT TIME ZONE 'UTC')::date - date 'epoch' - kept_days(${summary}::smallint) AS day`,
    [],
  );
  return (row?.day ?? 0) * dayMs;
}
