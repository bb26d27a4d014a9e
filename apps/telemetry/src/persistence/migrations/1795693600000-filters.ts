import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Counts of what filters discard, the device-hours that wait for their decision, and what is remembered of decided ones. */
export class Filters1795693600000 implements MigrationInterface {
  readonly name = 'Filters1795693600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE device ADD filtered bigint NOT NULL DEFAULT 0, ADD filtered_values bigint NOT NULL DEFAULT 0',
    );
    await runner.query(`CREATE TABLE hour_to_filter (
      device_index bigint NOT NULL,
      hour integer NOT NULL,
      due timestamptz NOT NULL,
      PRIMARY KEY (device_index, hour)
    )`);
    await runner.query('CREATE INDEX hour_to_filter_by_due ON hour_to_filter (due)');
    await runner.query('CREATE INDEX hour_to_filter_by_hour ON hour_to_filter (hour)');
    await runner.query(`CREATE TABLE filter_state (
      device_index bigint PRIMARY KEY,
      decided_before integer NOT NULL,
      last_kept jsonb NOT NULL
    ) WITH (fillfactor = 70)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE filter_state, hour_to_filter');
    await runner.query('ALTER TABLE device DROP filtered, DROP filtered_values');
  }
}
