import type { MigrationInterface, QueryRunner } from 'typeorm';
import { partitionFunctions } from './partition-functions.js';

export class FirstSchema1795420800000 implements MigrationInterface {
  readonly name = 'FirstSchema1795420800000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables) await runner.query(statement);
    const [row] = (await runner.query('SELECT quote_ident(current_schema()) AS schema')) as { schema: string }[];
    for (const statement of partitionFunctions((row as { schema: string }).schema)) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP FUNCTION drop_over_partitions(integer), ensure_partition(smallint, date), kept_days(smallint)',
    );
    await runner.query('DROP TABLE measurement, latest, device, position');
  }
}

const tables = [
  `CREATE TABLE device (
    index bigint PRIMARY KEY,
    tenant text NOT NULL,
    device text NOT NULL,
    classes smallint NOT NULL,
    stored bigint NOT NULL DEFAULT 0,
    duplicates bigint NOT NULL DEFAULT 0,
    conflicts bigint NOT NULL DEFAULT 0,
    expired bigint NOT NULL DEFAULT 0
  ) WITH (fillfactor = 70)`,
  'CREATE INDEX device_by_name ON device (tenant, device)',
  `CREATE TABLE position (
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint,
    owner uuid NOT NULL,
    PRIMARY KEY (topic, partition)
  ) WITH (fillfactor = 50)`,
  `CREATE TABLE latest (
    device_index bigint NOT NULL,
    shape uuid NOT NULL,
    ts timestamptz NOT NULL,
    seq bigint NOT NULL,
    fingerprint uuid NOT NULL,
    class smallint NOT NULL,
    "values" jsonb NOT NULL,
    PRIMARY KEY (device_index, shape, class)
  ) WITH (fillfactor = 70)`,
  // Fixed-length columns first: no padding between them.
  `CREATE TABLE measurement (
    device_index bigint NOT NULL,
    ts timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    seq bigint,
    fingerprint uuid NOT NULL,
    duplicates integer NOT NULL DEFAULT 0,
    class smallint NOT NULL,
    boot text,
    out_of_range text[],
    "values" jsonb NOT NULL,
    PRIMARY KEY (device_index, ts, fingerprint, class)
  ) PARTITION BY LIST (class)`,
  ...['short', 'standard', 'long'].map(
    (name, code) =>
      `CREATE TABLE measurement_${name} PARTITION OF measurement FOR VALUES IN (${code}) PARTITION BY RANGE (ts)`,
  ),
];
