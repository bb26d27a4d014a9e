import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The one door through which everything reads stored measurements of a device. A plain SQL function that the planner
 * unfolds into the statement around it, so that device, classes and times reach the partitions (and leave out the rest)
 * as if they stood there; its body is bound to the tables when it is made, no search path can change it.
 */
export class StoredMeasurement1795424400000 implements MigrationInterface {
  readonly name = 'StoredMeasurement1795424400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION stored_measurement(p_device bigint, p_classes smallint[], p_from timestamptz, p_to timestamptz)
      RETURNS TABLE (device_index bigint, ts timestamptz, received_at timestamptz, seq bigint, fingerprint uuid,
        duplicates integer, class smallint, boot text, out_of_range text[], "values" jsonb)
      LANGUAGE sql STABLE PARALLEL SAFE
      BEGIN ATOMIC
        SELECT m.device_index, m.ts, m.received_at, m.seq, m.fingerprint, m.duplicates, m.class, m.boot, m.out_of_range,
          m."values"
        FROM measurement m
        WHERE m.device_index = p_device AND m.class = ANY (p_classes) AND m.ts >= p_from AND m.ts < p_to;
      END`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION stored_measurement(bigint, smallint[], timestamptz, timestamptz)');
  }
}
