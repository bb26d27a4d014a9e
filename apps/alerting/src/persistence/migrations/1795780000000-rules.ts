import { outboxMigrationSql } from '@myelin/outbox';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const rules = [
  `CREATE TABLE rule (
     tenant text COLLATE "C" NOT NULL,
     rule text COLLATE "C" NOT NULL,
     version integer NOT NULL,
     definition json NOT NULL,
     severity text NOT NULL
       CONSTRAINT rule_severity CHECK (severity IN ('critical', 'major', 'minor', 'warning', 'info')),
     enabled boolean NOT NULL,
     updated_at timestamptz NOT NULL,
     updated_by text NOT NULL,
     CONSTRAINT rule_pk PRIMARY KEY (tenant, rule))`,
  `CREATE TABLE rule_usage (
     tenant text COLLATE "C" NOT NULL CONSTRAINT rule_usage_pk PRIMARY KEY,
     rules integer NOT NULL)`,
  `CREATE TABLE removed_rule (
     tenant text COLLATE "C" NOT NULL,
     rule text COLLATE "C" NOT NULL,
     version integer NOT NULL,
     CONSTRAINT removed_rule_pk PRIMARY KEY (tenant, rule))`,
];

/** Rules, and the outbox of everything that this service publishes. */
export class Rules1795780000000 implements MigrationInterface {
  readonly name = 'Rules1795780000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [...rules, ...outboxMigrationSql().up]) await runner.query(sql);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const sql of outboxMigrationSql().down) await runner.query(sql);
    await runner.query('DROP TABLE removed_rule, rule_usage, rule');
  }
}
