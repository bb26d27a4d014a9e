import type { MigrationInterface, QueryRunner } from 'typeorm';
import {
  coldFunctions,
  segmentMeasurements,
  storedMeasurementWithSegments,
  storedMeasurementWithoutSegments,
} from './cold-functions.js';
import { dropOverPartitions } from './rollup-functions.js';

/** Measurements of cold days, compressed: a segment holds some hundred of one device and day. */
export class ColdPartitions1795690000000 implements MigrationInterface {
  readonly name = 'ColdPartitions1795690000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables) await runner.query(statement);
    await runner.query(segmentMeasurements);
    await runner.query(storedMeasurementWithSegments);
    for (const statement of coldFunctions(await schemaOf(runner))) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const [found] = (await runner.query('SELECT EXISTS (SELECT FROM segment) AS some')) as { some: boolean }[];
    if (found?.some === true) throw new Error('segments hold measurements: thaw them before this migration is undone');
    await runner.query(storedMeasurementWithoutSegments);
    await runner.query(dropOverPartitions(`SECURITY DEFINER SET search_path = ${await schemaOf(runner)}, pg_temp`));
    await runner.query(`DROP FUNCTION drop_emptied_partitions(integer), reopen_day(smallint, date),
      ensure_segment_partition(smallint, date), attach_day(text, date), segment_measurements(segment), partition_day(name)`);
    await runner.query('DROP TABLE segment');
  }
}

async function schemaOf(runner: QueryRunner): Promise<string> {
  const [row] = (await runner.query('SELECT quote_ident(current_schema()) AS schema')) as { schema: string }[];
  return (row as { schema: string }).schema;
}

/**
 * One array per field, in order of (ts, fingerprint). Times are kept as what is left beside a regular step, numbers as what
 * is left beside counting up, so that regular devices have arrays of equal numbers. An array of nothing but the usual is
 * null: no seq, no copies, no flags, one boot. Fingerprints are random: compressing them would only cost.
 */
const tables = [
  `CREATE TABLE segment (
    device_index bigint NOT NULL,
    first_ts timestamptz NOT NULL,
    last_ts timestamptz NOT NULL,
    measurements integer NOT NULL,
    step_ms integer NOT NULL,
    class smallint NOT NULL,
    boot text,
    shifts integer[] NOT NULL,
    delays bigint[] NOT NULL,
    seqs bigint[],
    fingerprints uuid[] STORAGE EXTERNAL NOT NULL,
    duplicates integer[],
    boots text[],
    flags text[],
    "values" jsonb[] NOT NULL
  ) PARTITION BY LIST (class)`,
  'CREATE INDEX segment_by_device ON segment (device_index, first_ts)',
  ...['standard', 'long', 'summary'].map(
    (name, index) =>
      `CREATE TABLE segment_${name} PARTITION OF segment FOR VALUES IN (${index + 1}) PARTITION BY RANGE (first_ts)`,
  ),
];
