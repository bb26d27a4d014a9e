import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The trace of what led to a notification goes on with it. */
export class Traces1795805200000 implements MigrationInterface {
  readonly name = 'Traces1795805200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE dispatch_queue ADD COLUMN traceparent text');
    await runner.query('ALTER TABLE delivery ADD COLUMN traceparent text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE delivery DROP COLUMN traceparent');
    await runner.query('ALTER TABLE dispatch_queue DROP COLUMN traceparent');
  }
}
