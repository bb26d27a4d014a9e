import { outboxMigrationSql } from '@myelin/outbox';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const tenants = [
  `CREATE TABLE tenant (
     tenant text COLLATE "C" NOT NULL CONSTRAINT tenant_pk PRIMARY KEY,
     display_name text NOT NULL,
     time_zone text NOT NULL,
     max_devices integer NOT NULL,
     messages_per_second double precision NOT NULL,
     messages_per_second_per_device double precision NOT NULL,
     version integer NOT NULL,
     updated_at timestamptz NOT NULL)`,
  `CREATE TABLE tenant_usage (
     tenant text COLLATE "C" NOT NULL CONSTRAINT tenant_usage_pk PRIMARY KEY,
     devices integer NOT NULL)`,
  `CREATE TABLE site (
     tenant text COLLATE "C" NOT NULL,
     site text COLLATE "C" NOT NULL,
     lat double precision,
     lon double precision,
     time_zone text NOT NULL,
     metadata jsonb NOT NULL,
     version integer NOT NULL,
     updated_at timestamptz NOT NULL,
     CONSTRAINT site_pk PRIMARY KEY (tenant, site),
     CONSTRAINT site_tenant_fk FOREIGN KEY (tenant) REFERENCES tenant (tenant))`,
  `CREATE TABLE profile (
     tenant text COLLATE "C" NOT NULL,
     profile text COLLATE "C" NOT NULL,
     expected_report_interval_ms bigint NOT NULL,
     metrics jsonb NOT NULL,
     unknown_metrics text NOT NULL,
     retention_class text NOT NULL,
     auto_activate boolean NOT NULL,
     metadata jsonb NOT NULL,
     version integer NOT NULL,
     updated_at timestamptz NOT NULL,
     CONSTRAINT profile_pk PRIMARY KEY (tenant, profile),
     CONSTRAINT profile_tenant_fk FOREIGN KEY (tenant) REFERENCES tenant (tenant))`,
];

const devices = [
  `CREATE SEQUENCE device_index AS bigint MINVALUE 0 MAXVALUE 4294967295 START 1 NO CYCLE`,
  `CREATE TABLE device (
     tenant text COLLATE "C" NOT NULL,
     device text COLLATE "C" NOT NULL,
     device_index bigint NOT NULL CONSTRAINT device_index_key UNIQUE,
     profile text COLLATE "C" NOT NULL,
     site text COLLATE "C",
     lifecycle text NOT NULL CONSTRAINT device_lifecycle
       CHECK (lifecycle IN ('created', 'provisioned', 'active', 'suspended', 'quarantined', 'retired')),
     labels jsonb NOT NULL,
     metadata jsonb NOT NULL,
     version integer NOT NULL,
     credentials_version integer NOT NULL,
     created_at timestamptz NOT NULL,
     updated_at timestamptz NOT NULL,
     CONSTRAINT device_pk PRIMARY KEY (tenant, device),
     CONSTRAINT device_profile_fk FOREIGN KEY (tenant, profile) REFERENCES profile (tenant, profile),
     CONSTRAINT device_site_fk FOREIGN KEY (tenant, site) REFERENCES site (tenant, site))`,
  `CREATE INDEX device_profile ON device (tenant, profile)`,
  `CREATE INDEX device_site ON device (tenant, site, device_index)`,
  `CREATE INDEX device_labels ON device USING gin (labels)`,
  `CREATE TABLE credential (
     id uuid NOT NULL CONSTRAINT credential_pk PRIMARY KEY,
     tenant text COLLATE "C" NOT NULL,
     device text COLLATE "C" NOT NULL,
     secret_sha256 text NOT NULL,
     not_before timestamptz NOT NULL,
     not_after timestamptz,
     created_at timestamptz NOT NULL,
     revoked_at timestamptz,
     dropped_at timestamptz,
     CONSTRAINT credential_device_fk FOREIGN KEY (tenant, device) REFERENCES device (tenant, device) ON DELETE CASCADE)`,
  `CREATE INDEX credential_device ON credential (tenant, device)`,
  `CREATE INDEX credential_end ON credential (not_after) WHERE revoked_at IS NULL AND dropped_at IS NULL`,
];

const bookkeeping = [
  `CREATE TABLE audit_entry (
     tenant text COLLATE "C" NOT NULL,
     id uuid NOT NULL,
     at timestamptz NOT NULL,
     actor text NOT NULL,
     action text NOT NULL,
     entity text NOT NULL,
     reason text,
     CONSTRAINT audit_entry_pk PRIMARY KEY (tenant, id))`,
  `CREATE INDEX audit_entry_at ON audit_entry (at)`,
  `CREATE TABLE idempotency_key (
     tenant text COLLATE "C" NOT NULL,
     key text COLLATE "C" NOT NULL,
     request_sha256 text NOT NULL,
     answer json,
     created_at timestamptz NOT NULL,
     CONSTRAINT idempotency_key_pk PRIMARY KEY (tenant, key))`,
  `CREATE INDEX idempotency_key_created ON idempotency_key (created_at)`,
  `CREATE TABLE tombstone (
     tenant text COLLATE "C" NOT NULL,
     kind text COLLATE "C" NOT NULL,
     id text COLLATE "C" NOT NULL,
     version integer NOT NULL,
     credentials_version integer NOT NULL,
     CONSTRAINT tombstone_pk PRIMARY KEY (tenant, kind, id))`,
  `CREATE TABLE republication (
     id uuid NOT NULL CONSTRAINT republication_pk PRIMARY KEY,
     tenant text COLLATE "C" NOT NULL,
     site text COLLATE "C",
     after_index bigint NOT NULL)`,
];

const reversed = [
  ...['republication', 'tombstone', 'idempotency_key', 'audit_entry', 'credential', 'device'],
  ...['profile', 'site', 'tenant_usage', 'tenant'],
];

export class FirstSchema1795420800000 implements MigrationInterface {
  readonly name = 'FirstSchema1795420800000';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [...tenants, ...devices, ...bookkeeping, ...outboxMigrationSql().up]) await runner.query(sql);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const sql of outboxMigrationSql().down) await runner.query(sql);
    for (const table of reversed) await runner.query(`DROP TABLE ${table}`);
    await runner.query('DROP SEQUENCE device_index');
  }
}
