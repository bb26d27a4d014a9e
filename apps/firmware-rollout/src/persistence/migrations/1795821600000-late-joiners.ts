import type { MigrationInterface, QueryRunner } from 'typeorm';

const up = [
  // Those that are there already have changed before anything else.
  'ALTER TABLE device ADD COLUMN changed_in bigint NOT NULL DEFAULT 0',
  'ALTER TABLE device ALTER COLUMN changed_in SET DEFAULT (pg_current_xact_id()::text::bigint)',
  'CREATE INDEX device_changed ON device (tenant, changed_in, device)',
  `ALTER TABLE rollout ADD COLUMN looked_in bigint NOT NULL DEFAULT 0,
     ADD COLUMN looked_device text COLLATE "C" NOT NULL DEFAULT ''`,
];

/** Up to which change of devices a rollout has looked at who joins it. */
export class LateJoiners1795821600000 implements MigrationInterface {
  readonly name = 'LateJoiners1795821600000';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of up) await runner.query(sql);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE rollout DROP COLUMN looked_in, DROP COLUMN looked_device');
    await runner.query('ALTER TABLE device DROP COLUMN changed_in');
  }
}
