import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the registry says of devices. */
export class Devices1795810800000 implements MigrationInterface {
  readonly name = 'Devices1795810800000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE device (
      tenant text COLLATE "C" NOT NULL,
      device text COLLATE "C" NOT NULL,
      version integer NOT NULL,
      lifecycle text NOT NULL,
      profile text NOT NULL,
      site text,
      time_zone text,
      labels jsonb NOT NULL,
      metadata jsonb NOT NULL,
      CONSTRAINT device_pk PRIMARY KEY (tenant, device))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE device');
  }
}
