/**
 * Partitions of rollups and of the class `summary`: minutes by UTC day, hours and days by UTC month. Like the functions of
 * measurements they run with their owner's rights and judge by the database's clock.
 *
 * @param schema quoted identifier
 */
export function rollupFunctions(schema: string): string[] {
  const definer = `SECURITY DEFINER SET search_path = ${schema}, pg_temp`;
  return [
    className,
    keptDays,
    rollupKeptDays,
    ensurePartition(definer),
    dropOverPartitions(definer),
    ensureRollupPartition(definer),
    dropOverRollups(definer),
  ];
}

const className = `
  CREATE FUNCTION retention_class_name(class smallint) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN (ARRAY['short', 'standard', 'long', 'summary'])[class + 1]`;

const keptDays = `
  CREATE OR REPLACE FUNCTION kept_days(class smallint) RETURNS integer LANGUAGE sql IMMUTABLE
  RETURN CASE class WHEN 0 THEN 7 WHEN 1 THEN 90 WHEN 2 THEN 1826 WHEN 3 THEN 30 END`;

/** As long as the rows that they stand for; of \`summary\`, hours and days outlive them. */
const rollupKeptDays = `
  CREATE FUNCTION rollup_kept_days(level text, class smallint) RETURNS integer LANGUAGE sql IMMUTABLE
  RETURN CASE WHEN class = 3 AND level <> 'minute' THEN 1826 ELSE kept_days(class) END`;

const ensurePartition = (definer: string): string => `
  CREATE OR REPLACE FUNCTION ensure_partition(p_class smallint, p_day date) RETURNS void LANGUAGE plpgsql ${definer} AS $body$
  DECLARE
    parent text := 'measurement_' || retention_class_name(p_class);
    leaf text := parent || '_' || to_char(p_day, 'YYYYMMDD');
    today date := (now() AT TIME ZONE 'UTC')::date;
  BEGIN
    IF p_day + 1 + kept_days(p_class) <= today OR p_day > today + 8 THEN
      RAISE EXCEPTION 'no partition for class % and day %', p_class, p_day USING ERRCODE = 'MY001';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || leaf, 0));
    IF to_regclass(format('%I', leaf)) IS NOT NULL THEN RETURN; END IF;
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING INDEXES)', leaf, parent);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, leaf,
      p_day::text || ' 00:00:00+00', (p_day + 1)::text || ' 00:00:00+00');
  END $body$`;

/**
 * Rows of \`summary\` that wait for being rolled up are not dropped. That is asked when the partition is locked: what a
 * writer stored before is seen then, mark included.
 */
export const dropOverPartitions = (definer: string): string => `
  CREATE OR REPLACE FUNCTION drop_over_partitions(p_most integer) RETURNS SETOF text LANGUAGE plpgsql ${definer}
  SET lock_timeout = '1s' AS $body$
  DECLARE
    leaf record;
    today date := (now() AT TIME ZONE 'UTC')::date;
    left_over integer := p_most;
  BEGIN
    FOR leaf IN
      SELECT child.relname AS name, class.code, to_date(right(child.relname, 8), 'YYYYMMDD') - date 'epoch' AS day
      FROM unnest(ARRAY[0, 1, 2, 3]::smallint[]) AS class (code)
      JOIN pg_inherits inherits ON inherits.inhparent = to_regclass('measurement_' || retention_class_name(class.code))
      JOIN pg_class child ON child.oid = inherits.inhrelid
      WHERE to_date(right(child.relname, 8), 'YYYYMMDD') + 1 + kept_days(class.code) <= today
      ORDER BY right(child.relname, 8), child.relname
    LOOP
      EXIT WHEN left_over = 0;
      IF leaf.code = 3 THEN
        EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', leaf.name);
        CONTINUE WHEN EXISTS (
          SELECT FROM rollup_mark mark JOIN device d ON d.index = mark.device_index
          WHERE mark.hour BETWEEN leaf.day * 24 AND leaf.day * 24 + 23 AND d.classes & 8 <> 0);
      END IF;
      EXECUTE format('DROP TABLE %I', leaf.name);
      RETURN NEXT leaf.name;
      left_over := left_over - 1;
    END LOOP;
  END $body$`;

const ensureRollupPartition = (definer: string): string => `
  CREATE FUNCTION ensure_rollup_partition(p_level text, p_class smallint, p_day date) RETURNS void LANGUAGE plpgsql ${definer}
  AS $body$
  DECLARE
    parent text := 'rollup_' || p_level || '_' || retention_class_name(p_class);
    first_day date := CASE p_level WHEN 'minute' THEN p_day ELSE date_trunc('month', p_day::timestamp)::date END;
    next_day date := CASE p_level WHEN 'minute' THEN p_day + 1 ELSE (first_day + interval '1 month')::date END;
    leaf text := parent || '_' || to_char(first_day, CASE p_level WHEN 'minute' THEN 'YYYYMMDD' ELSE 'YYYYMM' END);
    today date := (now() AT TIME ZONE 'UTC')::date;
  BEGIN
    IF to_regclass(format('%I', parent)) IS NULL OR p_day + 1 + rollup_kept_days(p_level, p_class) <= today OR p_day > today + 8 THEN
      RAISE EXCEPTION 'no rollups of level % for class % and day %', p_level, p_class, p_day USING ERRCODE = 'MY001';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || leaf, 0));
    IF to_regclass(format('%I', leaf)) IS NOT NULL THEN RETURN; END IF;
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING INDEXES)', leaf, parent);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, leaf,
      first_day::text || ' 00:00:00+00', next_day::text || ' 00:00:00+00');
  END $body$`;

/** A month is over with its last day. */
export const dropOverRollups = (definer: string): string => `
  CREATE FUNCTION drop_over_rollups(p_most integer) RETURNS SETOF text LANGUAGE plpgsql ${definer}
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
      CROSS JOIN LATERAL (SELECT CASE level.name WHEN 'minute' THEN to_date(right(child.relname, 8), 'YYYYMMDD') + 1
        ELSE (to_date(right(child.relname, 6), 'YYYYMM') + interval '1 month')::date END AS next_day) AS span
      WHERE span.next_day + rollup_kept_days(level.name, class.code) <= today
      ORDER BY span.next_day, child.relname LIMIT p_most
    LOOP
      EXECUTE format('DROP TABLE %I', leaf.name);
      RETURN NEXT leaf.name;
    END LOOP;
  END $body$`;
