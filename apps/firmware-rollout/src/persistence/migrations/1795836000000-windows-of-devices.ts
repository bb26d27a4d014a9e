import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When a device is shown what it is told, by the clocks of its place, and how far it has begun with it. */
export class WindowsOfDevices1795836000000 implements MigrationInterface {
  readonly name = 'WindowsOfDevices1795836000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE device_update ADD COLUMN windows jsonb,
         ADD COLUMN begun text CONSTRAINT device_update_begun CHECK (begun IN ('no', 'retrieved', 'reported'))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE device_update DROP COLUMN windows, DROP COLUMN begun');
  }
}
