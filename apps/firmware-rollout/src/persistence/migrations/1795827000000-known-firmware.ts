import type { MigrationInterface, QueryRunner } from 'typeorm';

const up = [
  // Two writers of one row that are of different versions do not take each other's word away: what is null is not known.
  'ALTER TABLE installation ADD COLUMN installed_action integer, ADD COLUMN doubted_action integer',
  `UPDATE installation i SET installed_action = u.installed_action_id FROM device_update u
     WHERE u.tenant = i.tenant AND u.device = i.device AND i.installed_version IS NOT NULL`,
];

/** Which action brought what a device runs, and which one may have. */
export class KnownFirmware1795827000000 implements MigrationInterface {
  readonly name = 'KnownFirmware1795827000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of up) await runner.query(sql);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE installation DROP COLUMN installed_action, DROP COLUMN doubted_action');
  }
}
