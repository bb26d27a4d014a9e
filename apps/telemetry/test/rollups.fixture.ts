import type { TenantId } from '@myelin/kernel';
import type { DataSource } from 'typeorm';
import { aggregateFunctions } from '../src/domain/aggregate-functions.js';
import { RollUpHandler, type HourStep } from '../src/features/roll-up/roll-up.handler.js';
import { functionColumns, msOf } from '../src/persistence/moments.js';
import { aggregateRows } from './aggregate-rows.fixture.js';

export const minuteMs = 60_000;
export const hourMs = 3_600_000;
export const dayMs = 86_400_000;

/** Rolls up everything that is stored, the present hour and those ahead included. */
export function rollUpAll(dataSource: DataSource, ...steps: HourStep[]): Promise<number | undefined> {
  return rollUpDense(dataSource, undefined, ...steps);
}

/** @param denseRows from how many on the rows of an hour are read; the usual number when undefined */
export function rollUpDense(
  dataSource: DataSource,
  denseRows: number | undefined,
  ...steps: HourStep[]
): Promise<number | undefined> {
  const dense = denseRows === undefined ? {} : { denseRows };
  return new RollUpHandler(dataSource, { graceMs: -3 * hourMs, steps, ...dense }).run();
}

export interface Answer {
  readonly start: number;
  readonly metric: string;
  readonly functions: Readonly<Record<string, number | null>>;
}

/** Every function of every rollup of a device, from the rollups themselves. */
export async function rolledUp(
  dataSource: DataSource,
  level: 'minute' | 'hour' | 'day',
  deviceIndex: number,
): Promise<Answer[]> {
  const rows = await dataSource.query<({ start: string; metric: string } & Record<string, number | null>)[]>(
    `SELECT ${msOf('start')}::float8 AS start, metric, ${functionColumns(aggregateFunctions)}
     FROM (SELECT *, ${msOf('first_ts')} AS first_ms, ${msOf('last_ts')} AS last_ms FROM rollup_${level}) AS rollup
     WHERE device_index = $1 ORDER BY 1, 2`,
    [deviceIndex],
  );
  return rows.map(({ start, metric, ...functions }) => ({ start: Number(start), metric, functions }));
}

/** The same from rows. */
export async function fromRows(
  dataSource: DataSource,
  sizeMs: number,
  { deviceIndex, tenant, metrics, fromMs, toMs }: RowsToAggregate,
): Promise<Answer[]> {
  const firstMs = Math.floor(fromMs / sizeMs) * sizeMs;
  const startsMs = Array.from({ length: Math.ceil((toMs - firstMs) / sizeMs) }, (_, at) => firstMs + at * sizeMs);
  const answers: Answer[] = [];
  for (let part = 0; part < startsMs.length; part += 5_000) {
    const starts = startsMs.slice(part, part + 5_000);
    const end = startsMs[part + 5_000] ?? toMs;
    const rows = await aggregateRows(dataSource, {
      scopes: [{ tenant: tenant as TenantId, device: '', indexes: [deviceIndex], classes: 0b1111 }],
      ...{ metrics, functions: aggregateFunctions, startsMs: starts, fromMs: starts[0] ?? 0, toMs: end },
    });
    for (const { bucket, device: _, metric, ...functions } of rows) {
      answers.push({ start: starts[bucket] ?? 0, metric: metrics[metric] ?? '', functions });
    }
  }
  return answers;
}

export interface RowsToAggregate {
  readonly deviceIndex: number;
  readonly tenant: string;
  readonly metrics: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
}

/** What is left of a value of class `summary` when its row is gone: the rollups of its hour and its day. */
export async function keepOnlyRollups(
  dataSource: DataSource,
  { deviceIndex, metric, tsMs, value }: { deviceIndex: number; metric: string; tsMs: number; value: number },
): Promise<void> {
  for (const [level, sizeMs] of [['hour', hourMs] as const, ['day', dayMs] as const]) {
    const startMs = Math.floor(tsMs / sizeMs) * sizeMs;
    const at = tsMs - startMs;
    await dataSource.query('SELECT ensure_rollup_partition($1, 3::smallint, $2::date)', [level, new Date(startMs)]);
    await dataSource.query(
      `INSERT INTO rollup_${level} (device_index, metric, start, first_ts, last_ts, count, resets, class, sum, sum_squares,
         min, max, first, last, area, increase, sum_t, sum_tt, sum_tv ${level === 'hour' ? ', has_minutes' : ''})
       VALUES ($1, $2, $3, $4, $4, 1, 0, 3, $5, $6, $5, $5, $5, $5, 0, 0, $7, $8, $9 ${level === 'hour' ? ', false' : ''})`,
      [deviceIndex, metric, new Date(startMs), new Date(tsMs), value, value * value, at, at * at, at * value],
    );
  }
}
