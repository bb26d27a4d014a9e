import type { TenantId } from '@myelin/kernel';
import type { QualityMeasure } from '../domain/quality-measures.js';
import { type JudgedHour, judgedHour } from './data-quality.writer.js';
import type { DeviceScope } from './device.repository.js';
import type { QueryPool } from './query-pool.js';

/** Hours since the epoch. */
export interface HourRange {
  /** Inclusive. */
  readonly fromHour: number;
  /** Exclusive. */
  readonly toHour: number;
}

/** Quality of a device over a range, from its hours. */
export interface DeviceQuality {
  readonly device: string;
  /** Hours with measurements. */
  readonly hours: number;
  /** Hours without any, between the first and the last one with some. */
  readonly silentHours: number;
  readonly count: number;
  readonly delayMinMs: number;
  readonly delayAvgMs: number;
  readonly delayMaxMs: number;
  /** The greatest of the hours. */
  readonly delayP95Ms: number;
  readonly late: number;
  readonly lateShare: number;
  readonly duplicates: number;
  readonly conflicts: number;
  readonly outOfRange: number;
  readonly expected: number;
  readonly missing: number;
  readonly missingShare: number;
}

export interface WorstRequest extends HourRange {
  readonly measure: QualityMeasure;
  readonly limit: number;
  /** The last device of the page before. */
  readonly after?: { readonly value: number; readonly device: string };
}

const sum = (column: string): string => `coalesce(sum(q.${column}), 0)::float8`;
const perDevice = `
  SELECT d.device, count(DISTINCT q.hour)::float8 AS hours,
    (max(q.hour) - min(q.hour) + 1 - count(DISTINCT q.hour))::float8 AS "silentHours", ${sum('count')} AS count,
    min(q.delay_min_ms)::float8 AS "delayMinMs", sum(q.delay_sum_ms)::float8 / sum(q.count)::float8 AS "delayAvgMs",
    max(q.delay_max_ms)::float8 AS "delayMaxMs", max(q.delay_p95_ms)::float8 AS "delayP95Ms",
    ${sum('late')} AS late, ${sum('late')} / sum(q.count)::float8 AS "lateShare", ${sum('duplicates')} AS duplicates,
    ${sum('conflicts')} AS conflicts, ${sum('out_of_range')} AS "outOfRange", ${sum('expected')} AS expected,
    ${sum('missing')} AS missing, coalesce(${sum('missing')} / nullif(${sum('expected')}, 0), 0) AS "missingShare"
  FROM data_quality q JOIN device d ON d.index = q.device_index
  WHERE d.tenant = $1 AND q.hour >= $2 AND q.hour < $3 GROUP BY d.device`;

export class DataQualityRepository {
  constructor(private readonly pool: QueryPool) {}

  /** In order of time; an hour in which the device was registered anew has an entry for each of its indexes. */
  async hours(scope: DeviceScope, { fromHour, toHour }: HourRange): Promise<JudgedHour[]> {
    const rows = await this.pool.read<Record<string, string | number | null>>(
      scope.tenant,
      `SELECT q.device_index, q.hour, q.version, q.count, q.delay_sum_ms, q.delay_min_ms, q.delay_max_ms, q.delay_p95_ms,
         q.late, q.duplicates, q.conflicts, q.out_of_range, q.expected, q.missing
       FROM data_quality q JOIN device d ON d.index = q.device_index AND d.tenant = $1
       WHERE q.device_index = ANY($2::bigint[]) AND q.hour >= $3 AND q.hour < $4 ORDER BY q.hour, q.device_index`,
      [scope.tenant, scope.indexes, fromHour, toHour],
    );
    return rows.map(judgedHour);
  }

  /** Devices with measurements in the range, greatest measure first, then by name. */
  async worst(tenant: TenantId, request: WorstRequest): Promise<DeviceQuality[]> {
    const { fromHour, toHour, measure, limit, after } = request;
    return this.pool.read<DeviceQuality>(
      tenant,
      `SELECT * FROM (${perDevice}) AS quality
       WHERE $4::float8 IS NULL OR "${measure}" < $4 OR ("${measure}" = $4 AND device > $5)
       ORDER BY "${measure}" DESC, device LIMIT $6`,
      [tenant, fromHour, toHour, after?.value ?? null, after?.device ?? null, limit],
    );
  }
}
