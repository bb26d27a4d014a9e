import { outboxMigrationSql } from '@myelin/outbox';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The outbox of everything that this service publishes. */
export class Outbox1795800000000 implements MigrationInterface {
  readonly name = 'Outbox1795800000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of outboxMigrationSql().up) await runner.query(sql);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const sql of outboxMigrationSql().down) await runner.query(sql);
  }
}
