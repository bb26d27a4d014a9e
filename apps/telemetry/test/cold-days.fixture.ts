import { systemClock } from '@myelin/kernel';
import type { DatabaseFixture } from '@myelin/testing';
import { Client } from 'pg';
import { FreezeColdDaysHandler } from '../src/features/freeze-cold-days/freeze-cold-days.handler.js';

/** Freezes all that may be; with few measurements per slice devices are cut in the middle. */
export function freezer(database: DatabaseFixture, measurementsPerSlice = 1_000): FreezeColdDaysHandler {
  return new FreezeColdDaysHandler(database.dataSource, systemClock, 1, measurementsPerSlice);
}

/** What autovacuum does sooner or later. */
export async function vacuum(database: DatabaseFixture): Promise<void> {
  await asAdmin(database, (admin) => admin.query('VACUUM measurement'));
}

export async function asAdmin<T>(database: DatabaseFixture, work: (admin: Client) => Promise<T>): Promise<T> {
  const admin = new Client({ connectionString: database.adminUrl, options: `-c search_path=${database.schema}` });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

export async function measurementsIn(database: DatabaseFixture): Promise<{ plain: number; frozen: number }> {
  const [row] = await database.dataSource.query<[{ plain: number; frozen: number }]>(
    `SELECT (SELECT count(*) FROM measurement)::integer AS plain,
       (SELECT coalesce(sum(measurements), 0) FROM segment)::integer AS frozen`,
  );
  return row;
}
