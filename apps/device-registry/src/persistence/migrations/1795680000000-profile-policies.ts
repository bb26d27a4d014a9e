import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Null is what a profile that does not say means; a version that does not know the columns leaves them so. */
export class ProfilePolicies1795680000000 implements MigrationInterface {
  readonly name = 'ProfilePolicies1795680000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE profile ADD storage text, ADD late_after_ms bigint, ADD lateness_ms bigint');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE profile DROP storage, DROP late_after_ms, DROP lateness_ms');
  }
}
