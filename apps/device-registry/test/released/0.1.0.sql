-- What version 0.1.0 of the service says to its database, one statement of each kind, with the columns that it names.
-- A later schema must still take all of it: while it is rolled out, this version runs beside the new one.
INSERT INTO tenant (tenant, display_name, time_zone, max_devices, messages_per_second, messages_per_second_per_device, version, updated_at)
  VALUES ('old', 'Old', 'UTC', 10, 1, 1, 1, now()) ON CONFLICT DO NOTHING RETURNING tenant;
INSERT INTO tenant_usage (tenant, devices) VALUES ('old', 0);
UPDATE tenant SET display_name = 'Old works', time_zone = 'UTC', max_devices = 20, messages_per_second = 1,
  messages_per_second_per_device = 1, updated_at = now(), version = 2 WHERE tenant = 'old' AND version = 1;
INSERT INTO site (tenant, site, lat, lon, time_zone, metadata, version, updated_at)
  VALUES ('old', 's', NULL, NULL, 'UTC', '{}', 1, now()) ON CONFLICT DO NOTHING RETURNING site;
INSERT INTO profile (tenant, profile, expected_report_interval_ms, metrics, unknown_metrics, retention_class, auto_activate, metadata, version, updated_at)
  VALUES ('old', 'p', 60000, '{}', 'keep', 'standard', true, '{}', 1, now()) ON CONFLICT DO NOTHING RETURNING profile;
INSERT INTO profile (tenant, profile, expected_report_interval_ms, metrics, unknown_metrics, retention_class, storage, late_after_ms, lateness_ms,
  auto_activate, metadata, version, updated_at)
  VALUES ('old', 'q', 60000, '{}', 'keep', 'standard', 'summary', 60000, 3600000, true, '{}', 1, now()) ON CONFLICT DO NOTHING RETURNING profile;
INSERT INTO maintenance_window (tenant, window_id, scope, starts_at, ends_at, reason, actor, version, updated_at)
  VALUES ('old', 'w', '{"sites":["s"]}', now(), now() + interval '1 hour', 'works', 'operator:a', 1, now()) ON CONFLICT DO NOTHING RETURNING tenant;
UPDATE maintenance_window SET scope = '{}', starts_at = now(), ends_at = now(), reason = 'done', actor = 'operator:a',
  updated_at = now(), version = 2 WHERE tenant = 'old' AND window_id = 'w' AND version = 1;
SELECT tenant, window_id, scope, starts_at, ends_at, reason, actor, version, updated_at FROM maintenance_window
  WHERE tenant = 'old' AND (scope -> 'sites') ? 's' AND (starts_at, window_id) > (now(), 'v') ORDER BY starts_at, window_id LIMIT 10;
WITH gone AS (
  DELETE FROM maintenance_window WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM maintenance_window WHERE ends_at <= now() ORDER BY ends_at LIMIT 10 FOR UPDATE SKIP LOCKED))
  RETURNING tenant, window_id, version)
  INSERT INTO tombstone (tenant, kind, id, version, credentials_version)
  SELECT tenant, 'maintenance-window', window_id, version + 1, 0 FROM gone
  ON CONFLICT (tenant, kind, id) DO UPDATE SET version = excluded.version RETURNING tenant, id, version;
INSERT INTO trace_request (tenant, device, ends_at, reason, actor, version, updated_at)
  VALUES ('old', 'd', now() + interval '10 minutes', 'lost reports', 'operator:a', 1, now()) ON CONFLICT DO NOTHING RETURNING tenant;
UPDATE trace_request SET ends_at = now(), reason = NULL, actor = 'operator:a', version = 2, updated_at = now()
  WHERE tenant = 'old' AND device = 'd';
SELECT tenant, device, ends_at, reason, actor, version, updated_at FROM trace_request
  WHERE tenant = 'old' AND ends_at > now() ORDER BY ends_at, device;
WITH gone AS (
  DELETE FROM trace_request WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM trace_request WHERE ends_at <= now() ORDER BY ends_at LIMIT 10 FOR UPDATE SKIP LOCKED))
  RETURNING tenant, device, version)
  INSERT INTO tombstone (tenant, kind, id, version, credentials_version)
  SELECT tenant, 'trace-request', device, version + 1, 0 FROM gone
  ON CONFLICT (tenant, kind, id) DO UPDATE SET version = excluded.version RETURNING tenant, id, version;
UPDATE tenant_usage SET devices = devices + 1 WHERE tenant = 'old';
INSERT INTO device (tenant, device, device_index, profile, site, lifecycle, labels, metadata, version, credentials_version, created_at, updated_at)
  VALUES ('old', 'd', nextval('device_index'), 'p', 's', 'created', '{"a":"b"}', '{}', 1, 0, now(), now())
  ON CONFLICT (tenant, device) DO NOTHING RETURNING device;
UPDATE device d SET version = d.version + t.version, credentials_version = d.credentials_version + t.credentials_version
  FROM tombstone t WHERE d.tenant = 'old' AND d.device = ANY ('{d}') AND t.tenant = 'old' AND t.kind = 'device' AND t.id = d.device;
INSERT INTO credential (id, tenant, device, secret_sha256, not_before, not_after, created_at)
  VALUES ('019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071', 'old', 'd', 'hash', now(), NULL, now());
UPDATE credential SET revoked_at = now() WHERE tenant = 'old' AND device = 'd' AND revoked_at IS NULL;
UPDATE credential SET dropped_at = now() WHERE tenant = 'old' AND device = 'd' AND dropped_at IS NULL AND not_after <= now();
UPDATE device SET profile = 'p', site = 's', lifecycle = 'retired', labels = '{}', metadata = '{}', version = 2, credentials_version = 1,
  updated_at = now() WHERE tenant = 'old' AND device = 'd' AND version = 1;
SELECT tenant, device, device_index, profile, site, lifecycle, labels, metadata, version, credentials_version, created_at, updated_at
  FROM device WHERE tenant = 'old' AND labels @> '{}' AND NOT labels ? 'x' AND device > '' ORDER BY device LIMIT 10;
INSERT INTO idempotency_key AS k (tenant, key, request_sha256, created_at) VALUES ('old', 'k', 'hash', now())
  ON CONFLICT (tenant, key) DO UPDATE SET request_sha256 = 'hash', answer = NULL, created_at = now() WHERE k.created_at < now() RETURNING key;
UPDATE idempotency_key SET answer = '{}' WHERE tenant = 'old' AND key = 'k';
INSERT INTO audit_entry (tenant, id, at, actor, action, entity, reason)
  VALUES ('old', '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072', now(), 'operator:a', 'device.create', 'd', NULL);
INSERT INTO republication (id, tenant, site, after_index) VALUES ('019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073', 'old', 's', 0);
UPDATE republication SET after_index = 5 WHERE id = '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073';
DELETE FROM republication WHERE id = '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073';
DELETE FROM device WHERE tenant = 'old' AND device = 'd' AND version = 2;
INSERT INTO tombstone (tenant, kind, id, version, credentials_version) VALUES ('old', 'device', 'd', 3, 2)
  ON CONFLICT (tenant, kind, id) DO UPDATE SET version = 3, credentials_version = 2;
INSERT INTO outbox (id, topic, key, value, headers, partition, timestamp_ms) VALUES ('i', 't', 'k', 'v', '{}', NULL, 1);
DELETE FROM outbox WHERE id = 'i';
DELETE FROM audit_entry WHERE tenant = 'old' AND at <= now();
