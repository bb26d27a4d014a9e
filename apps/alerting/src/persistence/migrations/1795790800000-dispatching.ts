import type { MigrationInterface, QueryRunner } from 'typeorm';

const statements = [
  `CREATE TABLE notification_policy (
     tenant text COLLATE "C" NOT NULL CONSTRAINT notification_policy_pk PRIMARY KEY,
     version integer NOT NULL,
     definition json NOT NULL,
     updated_at timestamptz NOT NULL,
     updated_by text NOT NULL)`,
  `CREATE TABLE silence (
     tenant text COLLATE "C" NOT NULL,
     id uuid NOT NULL,
     matchers jsonb NOT NULL,
     starts_at timestamptz NOT NULL,
     ends_at timestamptz NOT NULL,
     created_by text NOT NULL,
     comment text NOT NULL,
     cost integer NOT NULL,
     CONSTRAINT silence_pk PRIMARY KEY (tenant, id))`,
  `CREATE INDEX silence_open ON silence (tenant, ends_at)`,
  `CREATE INDEX silence_ended ON silence (ends_at)`,
  `CREATE TABLE silence_changes (
     tenant text COLLATE "C" NOT NULL CONSTRAINT silence_changes_pk PRIMARY KEY,
     version integer NOT NULL)`,
  `CREATE TABLE dispatcher (
     tenant text COLLATE "C" NOT NULL CONSTRAINT dispatcher_pk PRIMARY KEY,
     step integer NOT NULL,
     due_at timestamptz,
     owner uuid,
     owned_until timestamptz)`,
  `CREATE INDEX dispatcher_due ON dispatcher (due_at) WHERE due_at IS NOT NULL`,
  `CREATE TABLE dispatch_queue (
     tenant text COLLATE "C" NOT NULL,
     seq bigint GENERATED ALWAYS AS IDENTITY,
     alarm uuid NOT NULL,
     CONSTRAINT dispatch_queue_pk PRIMARY KEY (tenant, seq))`,
  `CREATE INDEX dispatch_queue_alarm ON dispatch_queue (tenant, alarm)`,
];

export class Dispatching1795790800000 implements MigrationInterface {
  readonly name = 'Dispatching1795790800000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE dispatch_queue, dispatcher, silence_changes, silence, notification_policy');
  }
}
