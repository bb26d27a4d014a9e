import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Storms1795794400000 implements MigrationInterface {
  readonly name = 'Storms1795794400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE alarm ADD COLUMN inhibited_by uuid, ADD COLUMN storm jsonb');
    await runner.query(
      `CREATE INDEX alarm_active_storm ON alarm (tenant, rule, device) WHERE condition = 'active' AND storm IS NOT NULL`,
    );
    await runner.query(
      `CREATE INDEX alarm_active_inhibited ON alarm (tenant, inhibited_by)
       WHERE condition = 'active' AND inhibited_by IS NOT NULL`,
    );
    await runner.query(
      `CREATE INDEX alarm_active_own ON alarm (tenant, rule, raise_noticed_at)
       WHERE condition = 'active' AND inhibited_by IS NULL`,
    );
    await runner.query(
      `CREATE INDEX alarm_of_storm ON alarm (tenant, inhibited_by, raise_noticed_at, id)
       WHERE inhibited_by IS NOT NULL`,
    );
    await runner.query(
      'CREATE INDEX alarm_storm_listed ON alarm (tenant, raise_noticed_at, id) WHERE storm IS NOT NULL',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP INDEX alarm_storm_listed, alarm_of_storm, alarm_active_own, alarm_active_inhibited, alarm_active_storm',
    );
    await runner.query('ALTER TABLE alarm DROP COLUMN storm, DROP COLUMN inhibited_by');
  }
}
