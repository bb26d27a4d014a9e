const row = `device_index bigint, ts timestamptz, received_at timestamptz, seq bigint, fingerprint uuid, duplicates integer,
        class smallint, boot text, out_of_range text[], "values" jsonb`;

/** The measurements of a segment, field by field as they were stored. Unfolded by the planner. */
export const segmentMeasurements = `
  CREATE FUNCTION segment_measurements(s segment) RETURNS TABLE (${row})
  LANGUAGE sql STABLE PARALLEL SAFE ROWS 1000
  BEGIN ATOMIC
    SELECT s.device_index, r.ts, r.ts + r.delay * interval '1 ms', r.seq + r.place, r.fingerprint,
      coalesce(r.duplicates, 0), s.class, coalesce(r.boot, s.boot), r.flags::text[], r."values"
    FROM (
      SELECT s.first_ts + (f.place * s.step_ms + f.shift) * interval '1 ms' AS ts, f.*
      FROM ROWS FROM (unnest(s.shifts), unnest(s.delays), unnest(s.seqs), unnest(s.fingerprints), unnest(s.duplicates),
        unnest(s.boots), unnest(s.flags), unnest(s."values"))
        WITH ORDINALITY AS f (shift, delay, seq, fingerprint, duplicates, boot, flags, "values", place)
    ) r;
  END`;

/**
 * A segment holds measurements of one day: those that begin on the first day of the range may reach into it. Conditions on
 * plain measurements stand outside of the union: only so the planner takes their order from the primary key.
 */
export const storedMeasurementWithSegments = `
  CREATE OR REPLACE FUNCTION stored_measurement(p_device bigint, p_classes smallint[], p_from timestamptz,
    p_to timestamptz)
  RETURNS TABLE (${row}) LANGUAGE sql STABLE PARALLEL SAFE
  BEGIN ATOMIC
    SELECT m.device_index, m.ts, m.received_at, m.seq, m.fingerprint, m.duplicates, m.class, m.boot, m.out_of_range,
      m."values"
    FROM (
      SELECT m.device_index, m.ts, m.received_at, m.seq, m.fingerprint, m.duplicates, m.class, m.boot, m.out_of_range,
        m."values"
      FROM measurement m
      UNION ALL
      SELECT m.device_index, m.ts, m.received_at, m.seq, m.fingerprint, m.duplicates, m.class, m.boot, m.out_of_range,
        m."values"
      FROM segment s CROSS JOIN LATERAL segment_measurements(s) m
      WHERE s.device_index = p_device AND s.class = ANY (p_classes)
        AND s.first_ts >= date_bin('1 day', p_from, '1970-01-01 00:00:00+00'::timestamptz) AND s.first_ts < p_to
        AND s.last_ts >= p_from
    ) m
    WHERE m.device_index = p_device AND m.class = ANY (p_classes) AND m.ts >= p_from AND m.ts < p_to;
  END`;

export const storedMeasurementWithoutSegments = `
  CREATE OR REPLACE FUNCTION stored_measurement(p_device bigint, p_classes smallint[], p_from timestamptz,
    p_to timestamptz)
  RETURNS TABLE (${row}) LANGUAGE sql STABLE PARALLEL SAFE
  BEGIN ATOMIC
    SELECT m.device_index, m.ts, m.received_at, m.seq, m.fingerprint, m.duplicates, m.class, m.boot, m.out_of_range,
      m."values"
    FROM measurement m
    WHERE m.device_index = p_device AND m.class = ANY (p_classes) AND m.ts >= p_from AND m.ts < p_to;
  END`;

/** The day in a partition's name. Conditions may be asked of every name in the catalog: others have none. */
const partitionDay = `
  CREATE FUNCTION partition_day(p_name name) RETURNS date LANGUAGE sql IMMUTABLE
  RETURN CASE WHEN p_name ~ '_[0-9]{8}$' THEN right(p_name, 8)::date END`;

/** @param schema quoted identifier; the functions run with their owner's rights, as those that make partitions do */
export function coldFunctions(schema: string): string[] {
  const definer = `SECURITY DEFINER SET search_path = ${schema}, pg_temp`;
  return [
    partitionDay,
    attachDay(schema),
    ensureSegmentPartition(definer),
    reopenDay(definer),
    dropEmptied(definer),
    dropOver(definer),
  ];
}

/** Not for callers: makes and attaches a day's partition as `ensure_partition` does. */
const attachDay = (schema: string): string => `
  CREATE FUNCTION attach_day(p_parent text, p_day date) RETURNS void LANGUAGE plpgsql SET search_path = ${schema}, pg_temp
  AS $body$
  DECLARE
    leaf text := p_parent || '_' || to_char(p_day, 'YYYYMMDD');
  BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || leaf, 0));
    IF to_regclass(format('%I', leaf)) IS NOT NULL THEN RETURN; END IF;
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING INDEXES INCLUDING STORAGE)', leaf, p_parent);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', p_parent, leaf,
      p_day::text || ' 00:00:00+00', (p_day + 1)::text || ' 00:00:00+00');
  END $body$`;

/**
 * Makes the partition for the segments of a day. Writers look for segments only where a whole day lies between, so a
 * younger day is refused; so is one that is over.
 */
const ensureSegmentPartition = (definer: string): string => `
  CREATE FUNCTION ensure_segment_partition(p_class smallint, p_day date) RETURNS void LANGUAGE plpgsql ${definer} AS $body$
  DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
  BEGIN
    IF p_class < 1 OR p_day + 1 + kept_days(p_class) <= today OR p_day > today - 2 THEN
      RAISE EXCEPTION 'no segments for class % and day %', p_class, p_day USING ERRCODE = 'MY001';
    END IF;
    PERFORM attach_day('segment_' || retention_class_name(p_class), p_day);
  END $body$`;

/** Makes the plain partition of a day that has segments, so that they can be thawed, even when the day is over. */
const reopenDay = (definer: string): string => `
  CREATE FUNCTION reopen_day(p_class smallint, p_day date) RETURNS void LANGUAGE plpgsql ${definer} AS $body$
  DECLARE
    class_name text := retention_class_name(p_class);
  BEGIN
    IF to_regclass(format('%I', 'segment_' || class_name || '_' || to_char(p_day, 'YYYYMMDD'))) IS NULL THEN RETURN; END IF;
    PERFORM attach_day('measurement_' || class_name, p_day);
  END $body$`;

/**
 * Drops plain partitions of days gone by that take no room: VACUUM has cut off what was frozen, so not even the oldest
 * snapshot can see a measurement there. Returns their names. Gives up on a lock after a second; the parent is locked
 * first, as queries do.
 */
const dropEmptied = (definer: string): string => `
  CREATE FUNCTION drop_emptied_partitions(p_most integer) RETURNS SETOF text LANGUAGE plpgsql ${definer}
  SET lock_timeout = '1s' AS $body$
  DECLARE
    leaf record;
    today date := (now() AT TIME ZONE 'UTC')::date;
  BEGIN
    FOR leaf IN
      SELECT child.oid, child.relname AS name, class.inhrelid::regclass AS parent
      FROM pg_inherits class
      JOIN pg_inherits inherits ON inherits.inhparent = class.inhrelid
      JOIN pg_class child ON child.oid = inherits.inhrelid
      WHERE class.inhparent = 'measurement'::regclass AND partition_day(child.relname) <= today - 2
        AND pg_relation_size(child.oid) = 0
      ORDER BY right(child.relname, 8), child.relname LIMIT p_most
    LOOP
      EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', leaf.parent);
      EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', leaf.name);
      CONTINUE WHEN pg_relation_size(leaf.oid) > 0;
      EXECUTE format('DROP TABLE %I', leaf.name);
      RETURN NEXT leaf.name;
    END LOOP;
  END $body$`;

/**
 * Drops the oldest days that are over, at most so many, each with everything that was stored for it, and returns the names
 * of the partitions. Gives up on a lock after a second. Measurements of `summary` that wait for being rolled up are not
 * dropped: that is asked when the partitions are locked, so that what a writer stored before is seen, mark included.
 */
const dropOver = (definer: string): string => `
  CREATE OR REPLACE FUNCTION drop_over_partitions(p_most integer) RETURNS SETOF text LANGUAGE plpgsql ${definer}
  SET lock_timeout = '1s' AS $body$
  DECLARE
    over_day record;
    leaf text;
    today date := (now() AT TIME ZONE 'UTC')::date;
    left_over integer := p_most;
  BEGIN
    FOR over_day IN
      SELECT class.code, partition_day(child.relname) - date 'epoch' AS day,
        array_agg(child.relname::text ORDER BY child.relname) AS leaves
      FROM unnest(ARRAY[0, 1, 2, 3]::smallint[]) AS class (code)
      CROSS JOIN unnest(ARRAY['measurement_', 'segment_']) AS kind (prefix)
      JOIN pg_inherits inherits ON inherits.inhparent = to_regclass(kind.prefix || retention_class_name(class.code))
      JOIN pg_class child ON child.oid = inherits.inhrelid
      WHERE partition_day(child.relname) + 1 + kept_days(class.code) <= today
      GROUP BY 1, 2 ORDER BY 2, 1
    LOOP
      EXIT WHEN left_over = 0;
      IF over_day.code = 3 THEN
        FOREACH leaf IN ARRAY over_day.leaves LOOP
          EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', leaf);
        END LOOP;
        CONTINUE WHEN EXISTS (
          SELECT FROM rollup_mark mark JOIN device d ON d.index = mark.device_index
          WHERE mark.hour BETWEEN over_day.day * 24 AND over_day.day * 24 + 23 AND d.classes & 8 <> 0);
      END IF;
      FOREACH leaf IN ARRAY over_day.leaves LOOP
        EXECUTE format('DROP TABLE %I', leaf);
        RETURN NEXT leaf;
      END LOOP;
      left_over := left_over - 1;
    END LOOP;
  END $body$`;
