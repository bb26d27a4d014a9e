import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What profiles want: measurements that are counted and not stored, and what is needed to judge an hour by its profile. */
export class StoragePolicies1795680100000 implements MigrationInterface {
  readonly name = 'StoragePolicies1795680100000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE device ADD evaluate_only bigint NOT NULL DEFAULT 0, ADD profile text, ADD partition integer',
    );
    await runner.query('ALTER TABLE position ADD received_until timestamptz');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE device DROP evaluate_only, DROP profile, DROP partition');
    await runner.query('ALTER TABLE position DROP received_until');
  }
}
