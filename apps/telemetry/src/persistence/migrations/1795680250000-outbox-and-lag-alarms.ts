import { outboxMigrationSql } from '@myelin/outbox';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The service begins to publish, and remembers which consumer groups it has raised the alarm for. */
export class OutboxAndLagAlarms1795680250000 implements MigrationInterface {
  readonly name = 'OutboxAndLagAlarms1795680250000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of outboxMigrationSql().up) await runner.query(statement);
    await runner.query(`CREATE TABLE lag_alarm (
      topic text NOT NULL,
      consumer_group text NOT NULL,
      near boolean NOT NULL,
      PRIMARY KEY (topic, consumer_group)
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE lag_alarm');
    for (const statement of outboxMigrationSql().down) await runner.query(statement);
  }
}
