-- What version 0.1.0 of the service says to its database, one statement of each kind, with the columns that it names.
-- A later schema must still take all of it: while it is rolled out, this version runs beside the new one.
-- INSERT INTO measurement stands for COPY with the same columns.
INSERT INTO position AS p (topic, partition, next_offset, owner)
  SELECT 't', partition, NULL, '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071' FROM unnest(ARRAY[0]) partition ORDER BY partition
  ON CONFLICT (topic, partition) DO UPDATE SET owner = EXCLUDED.owner RETURNING partition, next_offset;
SELECT owner, next_offset FROM position WHERE topic = 't' AND partition = 0;
SELECT ensure_partition(1::smallint, (now() AT TIME ZONE 'UTC')::date);
UPDATE position SET next_offset = 5 WHERE topic = 't' AND partition = 0 AND owner = '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071'
  AND next_offset IS NOT DISTINCT FROM NULL::bigint;
INSERT INTO rollup_mark (device_index, hour) SELECT * FROM unnest(ARRAY[1]::bigint[], ARRAY[497000]::integer[]);
UPDATE position SET next_offset = 6, received_until = greatest(received_until, now()) WHERE topic = 't' AND partition = 0;
INSERT INTO measurement (device_index, ts, received_at, seq, fingerprint, duplicates, class, boot, out_of_range, "values")
  VALUES (1, now(), now(), 1, '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072', 0, 1, 'b', ARRAY['t'], '{"t":1}');
UPDATE measurement m SET duplicates = m.duplicates + 1, received_at = least(m.received_at, now()), class = greatest(m.class, 1::smallint),
  out_of_range = ARRAY(SELECT DISTINCT flag COLLATE "C" FROM unnest(m.out_of_range || ARRAY['t']) flag ORDER BY 1)
  WHERE m.device_index = 1 AND m.fingerprint = '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072' AND m.class = ANY(ARRAY[1]::smallint[]);
INSERT INTO latest AS l (device_index, shape, class, ts, seq, fingerprint, "values")
  VALUES (1, '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073', 1, now(), 1, '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072', '{"t":1}')
  ON CONFLICT (device_index, shape, class) DO UPDATE
  SET ts = EXCLUDED.ts, seq = EXCLUDED.seq, fingerprint = EXCLUDED.fingerprint, "values" = EXCLUDED."values"
  WHERE (EXCLUDED.ts, EXCLUDED.seq, EXCLUDED.fingerprint) > (l.ts, l.seq, l.fingerprint);
INSERT INTO device AS d (index, tenant, device, classes, stored, duplicates, conflicts, expired)
  VALUES (1, 'old', 'd', 2, 1, 0, 0, 0)
  ON CONFLICT (index) DO UPDATE SET classes = d.classes | EXCLUDED.classes, stored = d.stored + EXCLUDED.stored,
    duplicates = d.duplicates + EXCLUDED.duplicates, conflicts = d.conflicts + EXCLUDED.conflicts, expired = d.expired + EXCLUDED.expired
  WHERE d.tenant = EXCLUDED.tenant AND d.device = EXCLUDED.device;
INSERT INTO device AS d (index, tenant, device, classes, stored, duplicates, conflicts, expired, evaluate_only, profile, partition)
  VALUES (1, 'old', 'd', 2, 1, 0, 0, 0, 1, 'p', 0)
  ON CONFLICT (index) DO UPDATE SET classes = d.classes | EXCLUDED.classes, evaluate_only = d.evaluate_only + EXCLUDED.evaluate_only,
    profile = coalesce(EXCLUDED.profile, d.profile), partition = EXCLUDED.partition
  WHERE d.tenant = EXCLUDED.tenant AND d.device = EXCLUDED.device;
SELECT device, array_agg(index ORDER BY index) AS indexes, bit_or(classes) AS classes
  FROM device WHERE tenant = 'old' AND device = ANY(ARRAY['d']) GROUP BY device;
SELECT m.ts, m.received_at, m.boot, m.seq, m.fingerprint, m.duplicates, m.device_index, m.class, m.out_of_range, m."values"
  FROM measurement m JOIN device d ON d.index = m.device_index AND d.tenant = 'old'
  WHERE m.device_index = 1 AND m.class = ANY(ARRAY[1]::smallint[]) AND m.ts >= now() - interval '1 day' AND m.ts < now()
  ORDER BY m.ts, m.seq DESC NULLS LAST, m.fingerprint DESC LIMIT 10;
SELECT l.ts, l.seq, l.fingerprint, l."values" FROM latest l WHERE l.device_index = 1;
DELETE FROM latest l WHERE l.device_index = 1 AND l.shape = '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073' AND l.class = 1;
INSERT INTO lag_alarm AS a (topic, consumer_group, near) VALUES ('t', 'g', true)
  ON CONFLICT (topic, consumer_group) DO UPDATE SET near = EXCLUDED.near WHERE a.near <> EXCLUDED.near RETURNING a.xmax = 0 AS first;
INSERT INTO outbox (id, topic, key, value, headers, partition, timestamp_ms) VALUES ('i', 't', 'k', 'v', '{}', NULL, 1);
DELETE FROM outbox WHERE id = 'i';
INSERT INTO data_quality AS q (device_index, hour, version, count, delay_sum_ms, delay_min_ms, delay_max_ms, delay_p95_ms, late,
    duplicates, conflicts, out_of_range, expected, missing)
  VALUES (1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, NULL, NULL)
  ON CONFLICT (device_index, hour) DO UPDATE SET version = q.version + 1;
SELECT drop_over_partitions(10);
UPDATE device d SET stored = d.stored + 1, marked = d.marked + 1 WHERE index = 1;
UPDATE position SET open_hour = 497000 WHERE open_hour < 497000;
UPDATE device d SET stored = d.stored - 1, marked = d.marked - 1, filtered = d.filtered + 1, filtered_values = d.filtered_values + 1,
  conflicts = d.conflicts - 0 WHERE index = 1;
UPDATE measurement m SET "values" = m."values" - ARRAY['t'] WHERE m.device_index = 1 AND m.class = 1;
INSERT INTO hour_to_filter (device_index, hour, due) VALUES (1, 497000, now()) ON CONFLICT DO NOTHING;
INSERT INTO filter_state AS state (device_index, decided_before, last_kept) VALUES (1, 497000, '{"t": [1, "number"]}')
  ON CONFLICT (device_index) DO UPDATE SET decided_before = EXCLUDED.decided_before, last_kept = EXCLUDED.last_kept;
DELETE FROM hour_to_filter noted WHERE noted.device_index = 1 AND noted.hour < 497001;
