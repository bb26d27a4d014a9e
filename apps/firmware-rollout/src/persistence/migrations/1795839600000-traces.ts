import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a rollout does later is linked to the request that let it; what a wave's first devices are told is in the trace of the wave. */
export class Traces1795839600000 implements MigrationInterface {
  readonly name = 'Traces1795839600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE rollout ADD COLUMN traceparent text');
    await runner.query('ALTER TABLE rollout_wave ADD COLUMN traceparent text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE rollout_wave DROP COLUMN traceparent');
    await runner.query('ALTER TABLE rollout DROP COLUMN traceparent');
  }
}
