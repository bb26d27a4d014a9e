import type { PoolClient } from 'pg';
import { dayStretches, daysAround } from '../domain/day-stretches.js';
import { type MarkedHours, noMarkedHours } from '../domain/hour-marks.js';
import { momentKey, type StoredMeasurement } from '../domain/plan-batch.js';
import type { RetentionClassCode } from '../domain/retention.js';
import { classesOf } from '../domain/retention.js';

/** What a writer remembers of a device, so that it need not look at every measurement's place. */
export interface KnownDevice {
  /** `<tenant>/<device>` */
  readonly key: string;
  /** Bits of the classes in which it has measurements. */
  classes: number;
  /** Nothing with a later ts is stored. */
  latestTsMs: number;
  readonly markedHours: MarkedHours;
}

export async function recallDevices(client: PoolClient, indexes: readonly number[]): Promise<Map<number, KnownDevice>> {
  const { rows } = await client.query<{ index: string; key: string; classes: number; latest_ms: string | null }>({
    name: 'recall-devices',
    text: `SELECT d.index, d.tenant || '/' || d.device AS key, d.classes,
             (SELECT extract(epoch FROM max(l.ts)) * 1000 FROM latest l WHERE l.device_index = d.index) AS latest_ms
           FROM device d WHERE d.index = ANY($1::bigint[])`,
    values: [indexes],
  });
  return new Map(
    rows.map(({ index, key, classes, latest_ms }) => [
      Number(index),
      {
        key,
        classes,
        latestTsMs: latest_ms === null ? Number.NEGATIVE_INFINITY : Number(latest_ms),
        markedHours: noMarkedHours(),
      },
    ]),
  );
}

/**
 * Plain measurements by the primary key, and those in the segments that reach over the moment. The bounds and classes let
 * the planner leave out partitions before it opens them.
 */
export const recallMomentsSql = `
  SELECT m.device_index, extract(epoch FROM m.ts) * 1000 AS ts_ms, replace(m.fingerprint::text, '-', '') AS fingerprint,
    m.class, ARRAY(SELECT jsonb_object_keys(m."values")) AS metrics
  FROM (SELECT device_index, 'epoch'::timestamptz + ts_ms * interval '1 ms' AS ts
    FROM unnest($1::bigint[], $2::bigint[]) AS one (device_index, ts_ms)) AS moment
  CROSS JOIN LATERAL (
    SELECT m.device_index, m.ts, m.fingerprint, m.class, m."values" FROM measurement m
    WHERE m.device_index = moment.device_index AND m.ts = moment.ts AND m.ts BETWEEN $3 AND $4
      AND m.class = ANY($5::smallint[])
    UNION ALL
    SELECT m.device_index, m.ts, m.fingerprint, m.class, m."values"
    FROM segment s CROSS JOIN LATERAL segment_measurements(s) m
    WHERE s.device_index = moment.device_index AND s.first_ts <= moment.ts AND s.last_ts >= moment.ts
      AND s.first_ts BETWEEN $3 AND $4 AND s.class = ANY($5::smallint[]) AND m.ts = moment.ts
  ) AS m`;

/** Everything that is stored at these moments (device and time), in any of the classes. */
export async function recallMoments(
  client: PoolClient,
  moments: readonly { readonly deviceIndex: number; readonly tsMs: number }[],
  classes: number,
): Promise<StoredMeasurement[]> {
  const distinct = [...new Map(moments.map((moment) => [momentKey(moment), moment])).values()];
  if (classes === 0) return [];
  const found: StoredRow[] = [];
  for (const stretch of dayStretches(distinct)) {
    const { firstMs, lastMs } = daysAround(stretch);
    const { rows } = await client.query<StoredRow>(recallMomentsSql, [
      stretch.map((moment) => moment.deviceIndex),
      stretch.map((moment) => moment.tsMs),
      new Date(firstMs),
      new Date(lastMs),
      classesOf(classes),
    ]);
    found.push(...rows);
  }
  return found.map((row) => ({
    deviceIndex: Number(row.device_index),
    tsMs: Number(row.ts_ms),
    fingerprint: row.fingerprint,
    retentionClass: row.class,
    metrics: row.metrics,
  }));
}

interface StoredRow {
  readonly device_index: string;
  readonly ts_ms: string;
  readonly fingerprint: string;
  readonly class: RetentionClassCode;
  readonly metrics: string[];
}
