import type { MigrationInterface, QueryRunner } from 'typeorm';
import { partitionFunctions } from './partition-functions.js';
import { rollupFunctions } from './rollup-functions.js';

/** Rollups, the marks that keep them up to date, and the class whose rollups outlive its rows. */
export class Rollups1795680200000 implements MigrationInterface {
  readonly name = 'Rollups1795680200000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...marks, ...classes, ...levels.flatMap(rollupTables)]) await runner.query(statement);
    for (const statement of rollupFunctions(await schemaOf(runner))) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of partitionFunctions(await schemaOf(runner))) {
      await runner.query(statement.replace('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION'));
    }
    await runner.query(
      `DROP FUNCTION drop_over_rollups(integer), ensure_rollup_partition(text, smallint, date),
        rollup_kept_days(text, smallint), retention_class_name(smallint)`,
    );
    await runner.query(
      'DROP TABLE rollup_day, rollup_hour, rollup_minute, mixed_hour, rollup_mark, measurement_summary',
    );
    await runner.query('ALTER TABLE device DROP marked');
    await runner.query('ALTER TABLE position DROP open_hour');
  }
}

async function schemaOf(runner: QueryRunner): Promise<string> {
  const [row] = (await runner.query('SELECT quote_ident(current_schema()) AS schema')) as [{ schema: string }];
  return row.schema;
}

const marks = [
  // Until a row has been rolled up that a version without marks stored, `stored` is greater than `marked`.
  'ALTER TABLE device ADD marked bigint NOT NULL DEFAULT 0',
  'ALTER TABLE position ADD open_hour integer NOT NULL DEFAULT 0',
  // Appended to and taken away, never changed: a mark that is set while its hour is rolled up is another row.
  `CREATE TABLE rollup_mark (device_index bigint NOT NULL, hour integer NOT NULL)
   WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000)`,
  'CREATE INDEX rollup_mark_by_device ON rollup_mark (device_index, hour)',
  'CREATE INDEX rollup_mark_by_hour ON rollup_mark (hour, device_index)',
  `CREATE TABLE mixed_hour (
    device_index bigint NOT NULL,
    hour integer NOT NULL,
    classes smallint NOT NULL,
    PRIMARY KEY (device_index, hour)
  )`,
];

const classes = ['CREATE TABLE measurement_summary PARTITION OF measurement FOR VALUES IN (3) PARTITION BY RANGE (ts)'];

const levels = ['minute', 'hour', 'day'] as const;

/** The moments of one device, metric and class of the winning rows; `sum_t...` count milliseconds from `start`. */
function rollupTables(level: (typeof levels)[number]): string[] {
  const numerics = [
    ...['sum', 'sum_squares', 'min', 'max', 'first', 'last', 'area', 'increase'],
    ...['sum_t', 'sum_tt', 'sum_tv'],
  ];
  return [
    `CREATE TABLE rollup_${level} (
      device_index bigint NOT NULL,
      start timestamptz NOT NULL,
      first_ts timestamptz NOT NULL,
      last_ts timestamptz NOT NULL,
      count bigint NOT NULL,
      resets bigint NOT NULL,
      class smallint NOT NULL,
      ${level === 'hour' ? 'has_minutes boolean NOT NULL,' : ''}
      metric text COLLATE "C" NOT NULL,
      ${numerics.map((name) => `${name} numeric NOT NULL`).join(', ')},
      PRIMARY KEY (device_index, metric, start, class)
    ) PARTITION BY LIST (class)`,
    ...['short', 'standard', 'long', 'summary'].map(
      (name, code) =>
        `CREATE TABLE rollup_${level}_${name} PARTITION OF rollup_${level} FOR VALUES IN (${code})
         PARTITION BY RANGE (start)`,
    ),
  ];
}
