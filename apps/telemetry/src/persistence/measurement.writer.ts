import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { dayStretches, daysAround } from '../domain/day-stretches.js';
import type { HourMark } from '../domain/hour-marks.js';
import type { Measurement } from '../domain/measurement.js';
import type { BatchPlan, DeviceCounts, NewMeasurement, SeenAgain, StoredMeasurement } from '../domain/plan-batch.js';
import { TelemetryError } from '../domain/telemetry.errors.js';
import { CopyBinary } from './copy-binary.js';

const columns = 'device_index, ts, received_at, seq, fingerprint, duplicates, class, boot, out_of_range, "values"';

/** Where a device's reports came from. */
export interface Origin {
  /** `<tenant>/<device>` */
  readonly key: string;
  readonly profile: string | undefined;
  readonly partition: number;
}

/** Everything that a plan changes; within the caller's transaction. `origins` has every device of the plan, `marks` the hours to roll up for it. */
export async function writePlan(
  client: PoolClient,
  plan: BatchPlan,
  origins: ReadonlyMap<number, Origin>,
  marks: readonly HourMark[],
): Promise<void> {
  for (const stretch of dayStretches(plan.contested)) await requireUnchanged(client, stretch);
  if (plan.inserts.length > 0) await copyMeasurements(client, plan.inserts);
  for (const stretch of dayStretches(plan.seenAgain)) await addCopies(client, stretch);
  if (plan.latest.length > 0) await advanceLatest(client, plan.latest);
  if (plan.counts.size > 0) await addCounts(client, plan.counts, origins);
  if (marks.length > 0) await addMarks(client, marks);
}

/**
 * Filters that take values out of these rows wait from here on, and then see what contradicts them. Rows in segments are
 * not found: nobody takes values out of those.
 * @throws TelemetryError telemetry.measurement-changed
 */
async function requireUnchanged(client: PoolClient, rows: readonly StoredMeasurement[]): Promise<void> {
  const { firstMs, lastMs } = daysAround(rows);
  const found = await client.query<{ unchanged: boolean }>(
    `SELECT m."values" ?& string_to_array(known.metrics, ',') AS unchanged
     FROM unnest($1::bigint[], $2::bigint[], $3::uuid[], $4::smallint[], $5::text[])
       AS known (device_index, ts_ms, fingerprint, class, metrics)
     JOIN measurement m ON m.device_index = known.device_index
       AND m.ts = 'epoch'::timestamptz + known.ts_ms * interval '1 ms' AND m.fingerprint = known.fingerprint
       AND m.class = known.class
     WHERE m.ts BETWEEN $6 AND $7 AND m.class = ANY($8::smallint[])
     FOR SHARE OF m`,
    [
      rows.map((row) => row.deviceIndex),
      rows.map((row) => row.tsMs),
      rows.map((row) => row.fingerprint),
      rows.map((row) => row.retentionClass),
      rows.map((row) => row.metrics.join(',')),
      new Date(firstMs),
      new Date(lastMs),
      [...new Set(rows.map((row) => row.retentionClass))],
    ],
  );
  if (found.rows.every(({ unchanged }) => unchanged)) return;
  throw TelemetryError.retryable(
    'telemetry.measurement-changed',
    'a stored measurement has lost values since it was looked up',
  );
}

async function copyMeasurements(client: PoolClient, rows: readonly NewMeasurement[]): Promise<void> {
  // Before the stream is there: with nobody at its other end, the error of a broken connection would end the process.
  const encoded = encodeMeasurements(rows);
  const stream = client.query(copyFrom(`COPY measurement (${columns}) FROM STDIN (FORMAT binary)`));
  await pipeline(Readable.from([encoded]), stream);
}

export function encodeMeasurements(rows: readonly NewMeasurement[]): Buffer {
  const copy = new CopyBinary(rows.length * 400);
  for (const row of rows) {
    copy.row(10);
    copy.int8(row.deviceIndex);
    copy.timestamp(row.tsMs);
    copy.timestamp(row.receivedAtMs);
    if (row.seq === undefined) copy.nothing();
    else copy.int8(row.seq);
    copy.uuid(row.fingerprint);
    copy.int4(row.duplicates);
    copy.int2(row.retentionClass);
    if (row.boot === undefined) copy.nothing();
    else copy.text(row.boot);
    if (row.outOfRange.length === 0) copy.nothing();
    else copy.textArray(row.outOfRange);
    copy.jsonb(row.valuesJson);
  }
  return copy.finish();
}

/**
 * Earliest receive time, longest class, all flags: whichever copy comes first, the row ends the same. Each class is asked for
 * once: the planner takes every member of the list for another search of the index, and with a member per row it reads
 * all rows between the first and the last ts instead.
 */
export const addCopiesSql = `
  UPDATE measurement m SET
    duplicates = m.duplicates + again.copies,
    received_at = least(m.received_at, 'epoch'::timestamptz + again.received_ms * interval '1 ms'),
    class = again.class,
    out_of_range = CASE WHEN again.flags IS NULL THEN m.out_of_range ELSE ARRAY(
      SELECT DISTINCT flag COLLATE "C" FROM unnest(m.out_of_range || string_to_array(again.flags, ',')) flag ORDER BY 1) END
  FROM unnest($1::bigint[], $2::bigint[], $3::uuid[], $4::smallint[], $5::smallint[], $6::integer[], $7::bigint[], $8::text[])
    AS again (device_index, ts_ms, fingerprint, stored_class, class, copies, received_ms, flags)
  WHERE m.device_index = again.device_index AND m.ts = 'epoch'::timestamptz + again.ts_ms * interval '1 ms'
    AND m.fingerprint = again.fingerprint AND m.class = again.stored_class
    AND m.ts BETWEEN $9 AND $10 AND m.class = ANY($11::smallint[])`;

async function addCopies(client: PoolClient, rows: readonly SeenAgain[]): Promise<void> {
  const { firstMs, lastMs } = daysAround(rows);
  const { rowCount } = await client.query(addCopiesSql, [
    rows.map((row) => row.deviceIndex),
    rows.map((row) => row.tsMs),
    rows.map((row) => row.fingerprint),
    rows.map((row) => row.storedClass),
    rows.map((row) => row.retentionClass),
    rows.map((row) => row.copies),
    rows.map((row) => row.receivedAtMs),
    rows.map((row) => (row.outOfRange.length === 0 ? null : row.outOfRange.join(','))),
    new Date(firstMs),
    new Date(lastMs),
    [...new Set(rows.map((row) => row.storedClass))],
  ]);
  if (rowCount !== rows.length) {
    throw TelemetryError.retryable(
      'telemetry.partition-missing',
      'a stored measurement is gone since it was looked up',
      {
        details: { expected: rows.length, found: rowCount },
      },
    );
  }
}

async function advanceLatest(client: PoolClient, rows: readonly Measurement[]): Promise<void> {
  await client.query({
    name: 'advance-latest',
    text: `INSERT INTO latest AS l (device_index, shape, class, ts, seq, fingerprint, "values")
           SELECT device_index, shape, class, 'epoch'::timestamptz + ts_ms * interval '1 ms', seq, fingerprint, "values"
           FROM unnest($1::bigint[], $2::uuid[], $3::smallint[], $4::bigint[], $5::bigint[], $6::uuid[], $7::jsonb[])
             AS new (device_index, shape, class, ts_ms, seq, fingerprint, "values")
           ORDER BY device_index, shape, class
           ON CONFLICT (device_index, shape, class) DO UPDATE
           SET ts = EXCLUDED.ts, seq = EXCLUDED.seq, fingerprint = EXCLUDED.fingerprint, "values" = EXCLUDED."values"
           WHERE (EXCLUDED.ts, EXCLUDED.seq, EXCLUDED.fingerprint) > (l.ts, l.seq, l.fingerprint)`,
    values: [
      rows.map((row) => row.deviceIndex),
      rows.map((row) => row.shape),
      rows.map((row) => row.retentionClass),
      rows.map((row) => row.tsMs),
      rows.map((row) => row.seq ?? -1),
      rows.map((row) => row.fingerprint),
      rows.map((row) => row.valuesJson),
    ],
  });
}

async function addCounts(
  client: PoolClient,
  counts: ReadonlyMap<number, DeviceCounts>,
  origins: ReadonlyMap<number, Origin>,
): Promise<void> {
  const indexes = [...counts.keys()].sort((left, right) => left - right);
  const of = <Field extends keyof DeviceCounts>(field: Field): number[] =>
    indexes.map((index) => counts.get(index)?.[field] ?? 0);
  const names = indexes.map((index) => origins.get(index)?.key ?? '');
  const { rowCount } = await client.query({
    name: 'add-counts',
    text: `INSERT INTO device AS d (index, tenant, device, classes, stored, duplicates, conflicts, expired, evaluate_only,
             profile, partition, marked)
           SELECT new.*, new.stored FROM unnest($1::bigint[], $2::text[], $3::text[], $4::smallint[], $5::bigint[], $6::bigint[],
             $7::bigint[], $8::bigint[], $9::bigint[], $10::text[], $11::integer[])
             AS new (index, tenant, device, classes, stored, duplicates, conflicts, expired, evaluate_only, profile, partition)
           ON CONFLICT (index) DO UPDATE SET classes = d.classes | EXCLUDED.classes, stored = d.stored + EXCLUDED.stored,
             marked = d.marked + EXCLUDED.marked,
             duplicates = d.duplicates + EXCLUDED.duplicates, conflicts = d.conflicts + EXCLUDED.conflicts,
             expired = d.expired + EXCLUDED.expired, evaluate_only = d.evaluate_only + EXCLUDED.evaluate_only,
             profile = coalesce(EXCLUDED.profile, d.profile), partition = EXCLUDED.partition
           WHERE d.tenant = EXCLUDED.tenant AND d.device = EXCLUDED.device`,
    values: [
      indexes,
      names.map((key) => key.slice(0, key.indexOf('/'))),
      names.map((key) => key.slice(key.indexOf('/') + 1)),
      of('classes'),
      of('stored'),
      of('duplicates'),
      of('conflicts'),
      of('expired'),
      of('evaluateOnly'),
      indexes.map((index) => origins.get(index)?.profile ?? null),
      indexes.map((index) => origins.get(index)?.partition ?? null),
    ],
  });
  if (rowCount !== indexes.length) {
    throw TelemetryError.retryable('telemetry.measurement-present', 'a device index became another device meanwhile');
  }
}

export async function addMarks(client: PoolClient, marks: readonly HourMark[]): Promise<void> {
  await client.query({
    name: 'add-marks',
    text: 'INSERT INTO rollup_mark (device_index, hour) SELECT * FROM unnest($1::bigint[], $2::integer[])',
    values: [marks.map((mark) => mark.deviceIndex), marks.map((mark) => mark.hour)],
  });
}
