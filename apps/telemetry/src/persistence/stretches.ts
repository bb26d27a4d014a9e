import { daysPerStatement } from '../domain/day-stretches.js';
import { type RetentionClassCode, dayMs, dayOf, retentionClassNames } from '../domain/retention.js';
import type { TimeRange } from './measurement.repository.js';
import type { Ask } from './read.js';

/** The days on which anything can be stored in these classes, from the catalog. */
const spanSql = `
  SELECT extract(epoch FROM min(day)) * 1000 AS from_ms, extract(epoch FROM max(day) + 1) * 1000 AS to_ms
  FROM (SELECT partition_day(child.relname) AS day
    FROM unnest($1::text[]) AS parent (name)
    JOIN pg_inherits inherits ON inherits.inhparent = to_regclass(parent.name)
    JOIN pg_class child ON child.oid = inherits.inhrelid) AS leaf`;

export const coldDaysSql = `
  SELECT DISTINCT floor(extract(epoch FROM s.first_ts) / 86400)::integer AS day FROM segment s
  WHERE s.device_index = $1 AND s.class = ANY ($2::smallint[]) AND s.first_ts >= $3 AND s.first_ts < $4 ORDER BY 1`;

/**
 * Cuts a range, in order, into stretches that are read page by page: stretches without segments, which the primary key
 * sorts, and single days with them, which are unfolded and sorted. Where the cuts are changes nothing but the cost:
 * a stretch that is frozen meanwhile is read all the same.
 */
export async function* stretchesOf(
  ask: Ask,
  deviceIndex: number,
  classes: readonly RetentionClassCode[],
  range: TimeRange,
): AsyncGenerator<TimeRange> {
  const { fromMs, toMs } = await storableRange(ask, classes, range);
  for (let startMs = fromMs; startMs < toMs;) {
    const endMs = Math.min(toMs, (dayOf(startMs) + daysPerStatement) * dayMs);
    const bounds = [new Date(dayOf(startMs) * dayMs), new Date(endMs)];
    const cold = await ask<{ day: number }>(coldDaysSql, [deviceIndex, classes, ...bounds]);
    for (const { day } of cold) {
      const coldFromMs = Math.max(startMs, day * dayMs);
      if (startMs < coldFromMs) yield { fromMs: startMs, toMs: coldFromMs };
      startMs = Math.min(endMs, (day + 1) * dayMs);
      yield { fromMs: coldFromMs, toMs: startMs };
    }
    if (startMs < endMs) yield { fromMs: startMs, toMs: endMs };
    startMs = endMs;
  }
}

async function storableRange(ask: Ask, classes: readonly RetentionClassCode[], range: TimeRange): Promise<TimeRange> {
  if (range.toMs - range.fromMs <= daysPerStatement * dayMs) return range;
  const days = await storableDays(ask, classes);
  if (days === undefined) return { fromMs: range.fromMs, toMs: range.fromMs };
  return { fromMs: Math.max(range.fromMs, days.fromMs), toMs: Math.min(range.toMs, days.toMs) };
}

/** From the first day to the last that has a partition of these classes; undefined when there is none. */
export async function storableDays(ask: Ask, classes: readonly RetentionClassCode[]): Promise<TimeRange | undefined> {
  const parents = classes.flatMap((code) =>
    ['measurement', 'segment'].map((kind) => `${kind}_${retentionClassNames[code]}`),
  );
  const [span] = await ask<{ from_ms: string | null; to_ms: string | null }>(spanSql, [parents]);
  if (!span?.from_ms || !span.to_ms) return undefined;
  return { fromMs: Number(span.from_ms), toMs: Number(span.to_ms) };
}
