import type { MigrationInterface, QueryRunner } from 'typeorm';

const up = [
  `CREATE TABLE maintenance_window (
     tenant text COLLATE "C" NOT NULL,
     window_id text COLLATE "C" NOT NULL,
     scope jsonb NOT NULL,
     starts_at timestamptz NOT NULL,
     ends_at timestamptz NOT NULL,
     reason text NOT NULL,
     actor text NOT NULL,
     version integer NOT NULL,
     updated_at timestamptz NOT NULL,
     CONSTRAINT maintenance_window_pk PRIMARY KEY (tenant, window_id),
     CONSTRAINT maintenance_window_period CHECK (ends_at >= starts_at),
     CONSTRAINT maintenance_window_tenant_fk FOREIGN KEY (tenant) REFERENCES tenant (tenant))`,
  `CREATE INDEX maintenance_window_start ON maintenance_window (tenant, starts_at, window_id)`,
  `CREATE INDEX maintenance_window_open ON maintenance_window (tenant, ends_at)`,
  `CREATE INDEX maintenance_window_ended ON maintenance_window (ends_at)`,
];

export class MaintenanceWindows1795737600000 implements MigrationInterface {
  readonly name = 'MaintenanceWindows1795737600000';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of up) await runner.query(sql);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE maintenance_window');
  }
}
