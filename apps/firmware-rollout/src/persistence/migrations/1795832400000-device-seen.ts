import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When devices were heard of, by any process. Written every minute: pages have room for a row's next version beside it. */
export class DeviceSeen1795832400000 implements MigrationInterface {
  readonly name = 'DeviceSeen1795832400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE device_seen (
         tenant text COLLATE "C" NOT NULL,
         device text COLLATE "C" NOT NULL,
         seen_at timestamptz NOT NULL,
         CONSTRAINT device_seen_pk PRIMARY KEY (tenant, device)) WITH (fillfactor = 50)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE device_seen');
  }
}
