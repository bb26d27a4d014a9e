/**
 * The application role has no DDL. It calls these, which run with their owner's rights, do only this, and judge by the
 * database's own clock; their search path is pinned so that no caller can slip in another table.
 *
 * @param schema quoted identifier
 */
export function partitionFunctions(schema: string): string[] {
  const definer = `SECURITY DEFINER SET search_path = ${schema}, pg_temp`;
  return [keptDays, ensurePartition(definer), dropOverPartitions(definer)];
}

const keptDays = `
  CREATE FUNCTION kept_days(class smallint) RETURNS integer LANGUAGE sql IMMUTABLE
  RETURN CASE class WHEN 0 THEN 7 WHEN 1 THEN 90 WHEN 2 THEN 1826 END`;

/**
 * Makes the partition of a class and UTC day unless it is there. A day that is over or more than eight days ahead is refused.
 * The table is made apart and attached: that takes a lock which writers do not feel, `PARTITION OF` would stop them.
 */
const ensurePartition = (definer: string): string => `
  CREATE FUNCTION ensure_partition(p_class smallint, p_day date) RETURNS void LANGUAGE plpgsql ${definer} AS $body$
  DECLARE
    parent text := 'measurement_' || (ARRAY['short', 'standard', 'long'])[p_class + 1];
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

/** Drops the oldest partitions that are over, at most so many, and returns their names. Gives up on a lock after a second. */
const dropOverPartitions = (definer: string): string => `
  CREATE FUNCTION drop_over_partitions(p_most integer) RETURNS SETOF text LANGUAGE plpgsql ${definer}
  SET lock_timeout = '1s' AS $body$
  DECLARE
    leaf record;
    today date := (now() AT TIME ZONE 'UTC')::date;
  BEGIN
    FOR leaf IN
      SELECT child.relname AS name
      FROM unnest(ARRAY['short', 'standard', 'long']) WITH ORDINALITY AS class (name, position)
      JOIN pg_inherits inherits ON inherits.inhparent = to_regclass('measurement_' || class.name)
      JOIN pg_class child ON child.oid = inherits.inhrelid
      WHERE to_date(right(child.relname, 8), 'YYYYMMDD') + 1 + kept_days((class.position - 1)::smallint) <= today
      ORDER BY right(child.relname, 8), child.relname LIMIT p_most
    LOOP
      EXECUTE format('DROP TABLE %I', leaf.name);
      RETURN NEXT leaf.name;
    END LOOP;
  END $body$`;
