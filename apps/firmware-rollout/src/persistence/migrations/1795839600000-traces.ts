import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a rollout does later is linked to the request that let it. */
export class Traces1795839600000 implements MigrationInterface {
  readonly name = 'Traces1795839600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE rollout ADD COLUMN traceparent text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE rollout DROP COLUMN traceparent');
  }
}
