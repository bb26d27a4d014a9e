import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropOverRollups } from './rollup-functions.js';

/** Rollups are dropped by what their partitions' names say, and names of other tables are never read as dates. */
export class RollupPartitionNames1795720000000 implements MigrationInterface {
  readonly name = 'RollupPartitionNames1795720000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(partitionMonth);
    await runner.query(dropOverRollupsByName(await definerOf(runner)));
  }

  async down(runner: QueryRunner): Promise<void> {
    const before = dropOverRollups(await definerOf(runner));
    await runner.query(before.replace('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION'));
    await runner.query('DROP FUNCTION partition_month(name)');
  }
}

async function definerOf(runner: QueryRunner): Promise<string> {
  const [row] = (await runner.query('SELECT quote_ident(current_schema()) AS schema')) as [{ schema: string }];
  return `SECURITY DEFINER SET search_path = ${row.schema}, pg_temp`;
}

/** The first day of the month in a partition's name. Conditions may be asked of every name in the catalog: others have none. */
const partitionMonth = `
  CREATE FUNCTION partition_month(p_name name) RETURNS date LANGUAGE sql IMMUTABLE
  RETURN CASE WHEN p_name ~ '_[0-9]{4}(0[1-9]|1[0-2])$' THEN (right(p_name, 6) || '01')::date END`;

/** A month is over with its last day. */
const dropOverRollupsByName = (definer: string): string => `
  CREATE OR REPLACE FUNCTION drop_over_rollups(p_most integer) RETURNS SETOF text LANGUAGE plpgsql ${definer}
  SET lock_timeout = '1s' AS $body$
  DECLARE
    leaf record;
    today date := (now() AT TIME ZONE 'UTC')::date;
  BEGIN
    FOR leaf IN
      SELECT child.relname AS name
      FROM unnest(ARRAY['minute', 'hour', 'day']) AS level (name)
      CROSS JOIN unnest(ARRAY[0, 1, 2, 3]::smallint[]) AS class (code)
      JOIN pg_inherits inherits
        ON inherits.inhparent = to_regclass('rollup_' || level.name || '_' || retention_class_name(class.code))
      JOIN pg_class child ON child.oid = inherits.inhrelid
      CROSS JOIN LATERAL (SELECT CASE level.name WHEN 'minute' THEN partition_day(child.relname) + 1
        ELSE (partition_month(child.relname) + interval '1 month')::date END AS next_day) AS span
      WHERE span.next_day + rollup_kept_days(level.name, class.code) <= today
      ORDER BY span.next_day, child.relname LIMIT p_most
    LOOP
      EXECUTE format('DROP TABLE %I', leaf.name);
      RETURN NEXT leaf.name;
    END LOOP;
  END $body$`;
