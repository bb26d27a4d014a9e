import { systemClock } from '@myelin/kernel';
import { type DatabaseFixture, waitFor } from '@myelin/testing';
import { Client } from 'pg';
import { FreezeColdDaysHandler } from '../src/features/freeze-cold-days/freeze-cold-days.handler.js';

/** Freezes all that may be; with few measurements per slice devices are cut in the middle. */
export function freezer(database: DatabaseFixture, measurementsPerSlice = 1_000): FreezeColdDaysHandler {
  return new FreezeColdDaysHandler(database.dataSource, systemClock, 1, measurementsPerSlice);
}

/** What autovacuum does sooner or later: once nobody can see any more what was deleted, another suite's transactions included. */
export async function vacuum(database: DatabaseFixture): Promise<void> {
  await asAdmin(database, async (admin) => {
    const { rows } = await admin.query<{ xid: string }>('SELECT pg_current_xact_id()::text AS xid');
    const older = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
      AND least(backend_xid::text::bigint, backend_xmin::text::bigint) < $1`;
    await waitFor(async () => (await admin.query(older, [rows[0]?.xid])).rows.length === 0, {
      ...{ timeoutMs: 60_000, what: () => 'older transactions to end' },
    });
    await admin.query('VACUUM measurement');
  });
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
