import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How well each device reported in each hour. */
export class DataQuality1795680400000 implements MigrationInterface {
  readonly name = 'DataQuality1795680400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE data_quality (
      device_index bigint NOT NULL,
      hour integer NOT NULL,
      version integer NOT NULL,
      count bigint NOT NULL,
      delay_sum_ms bigint NOT NULL,
      delay_min_ms bigint NOT NULL,
      delay_max_ms bigint NOT NULL,
      delay_p95_ms bigint NOT NULL,
      late bigint NOT NULL,
      duplicates bigint NOT NULL,
      conflicts bigint NOT NULL,
      out_of_range bigint NOT NULL,
      expected bigint,
      missing bigint,
      PRIMARY KEY (device_index, hour)
    )`);
    await runner.query('CREATE INDEX data_quality_by_hour ON data_quality (hour)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE data_quality');
  }
}
