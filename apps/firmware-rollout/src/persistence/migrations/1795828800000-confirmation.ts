import type { MigrationInterface, QueryRunner } from 'typeorm';

const states = (names: string): string => `CHECK (state IN ('planned', ${names}'offered', 'retrieved', 'downloading',
  'downloaded', 'installing', 'cancelling', 'succeeded', 'failed', 'cancelled', 'skipped'))`;
const active = (names: string): string => `CREATE UNIQUE INDEX assignment_active ON assignment (tenant, device)
  WHERE state IN (${names}'offered', 'retrieved', 'downloading', 'downloaded', 'installing', 'cancelling')`;

/** Devices that have to agree before they are told to update, and those that always do. */
export class Confirmation1795828800000 implements MigrationInterface {
  readonly name = 'Confirmation1795828800000';

  async up(runner: QueryRunner): Promise<void> {
    await change(runner, `'unconfirmed', `);
    // What waits for an answer is no instruction: nothing else is shown meanwhile.
    await runner.query(
      'ALTER TABLE device_update ADD COLUMN unconfirmed_action_id integer, ADD COLUMN auto_confirm jsonb',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE device_update DROP COLUMN unconfirmed_action_id, DROP COLUMN auto_confirm');
    await change(runner, '');
  }
}

async function change(runner: QueryRunner, names: string): Promise<void> {
  await runner.query('ALTER TABLE assignment DROP CONSTRAINT assignment_state');
  await runner.query(`ALTER TABLE assignment ADD CONSTRAINT assignment_state ${states(names)}`);
  await runner.query('DROP INDEX assignment_active');
  await runner.query(active(names));
}
