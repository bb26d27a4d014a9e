import { classesOf } from '../domain/retention.js';
import type { DeviceScope } from './device.repository.js';
import type { TimeRange } from './measurement.repository.js';

/** Series (devices times metrics) over consecutive buckets. */
export interface SeriesRequest extends TimeRange {
  readonly scopes: readonly DeviceScope[];
  readonly metrics: readonly string[];
  /** Ascending; a value belongs to the last start at or before it. */
  readonly startsMs: readonly number[];
}

/**
 * `number_in_bucket (bucket, device, metric, number)`: every value that counts, with the positions of its bucket, device
 * and metric in the request. Losers of a conflict are left out; numbers count as they are, booleans as 1 and 0, other
 * kinds not at all. Takes the first eight parameters of a statement: {@link seriesParameters}.
 */
export const numbersInBuckets = `
  winner AS (
    SELECT DISTINCT ON (scope.device, metric.position, m.ts)
      scope.device, metric.position AS metric, m.ts, m."values" -> metric.name AS value
    FROM unnest($1::bigint[], $2::integer[]) AS scope (device_index, device)
    JOIN device d ON d.index = scope.device_index AND d.tenant = $3
    JOIN measurement m ON m.device_index = scope.device_index
    JOIN unnest($4::text[]) WITH ORDINALITY AS metric (name, position) ON m."values" ? metric.name
    WHERE m.class = ANY($5::smallint[]) AND m.ts >= $6 AND m.ts < $7
    ORDER BY scope.device, metric.position, m.ts, m.seq DESC NULLS LAST, m.fingerprint DESC
  ), number_in_bucket AS (
    SELECT width_bucket(ts, $8::timestamptz[]) - 1 AS bucket, device, metric::integer - 1 AS metric,
      CASE jsonb_typeof(value) WHEN 'number' THEN value::float8 ELSE value::boolean::integer::float8 END AS number
    FROM winner WHERE jsonb_typeof(value) IN ('number', 'boolean')
  )`;

export function seriesParameters(request: SeriesRequest): unknown[] {
  const pairs = request.scopes.flatMap((scope, device) => scope.indexes.map((index) => ({ index, device })));
  return [
    pairs.map((pair) => pair.index),
    pairs.map((pair) => pair.device),
    request.scopes[0]?.tenant ?? '',
    request.metrics,
    classesOf(request.scopes.reduce((bits, scope) => bits | scope.classes, 0)),
    new Date(request.fromMs),
    new Date(request.toMs),
    request.startsMs.map((startMs) => new Date(startMs)),
  ];
}
