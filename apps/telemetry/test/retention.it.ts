import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock, type TenantId } from '@myelin/kernel';
import { type DatabaseFixture, useDatabase } from '@myelin/testing';
import { Client } from 'pg';
import { dayMs, dayName, dayOf } from '../src/domain/retention.js';
import { latestValues } from '../src/domain/winners.js';
import { KeepRetentionHandler } from '../src/features/keep-retention/keep-retention.handler.js';
import { StoreMeasurementsHandler } from '../src/features/store-measurements/store-measurements.handler.js';
import { LatestRepository } from '../src/persistence/latest.repository.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations/index.js';
import { batchOf, fixtureTopic, reportRecord } from './records.fixture.js';
import { queryPool } from './query-pool.fixture.js';

let database: DatabaseFixture;
const today = dayOf(Date.now());

beforeAll(async () => {
  database = await useDatabase({ service: 'telemetry', migrations, entities });
});
afterAll(() => database.dispose());

const partitions = async (): Promise<string[]> => {
  const rows = await database.dataSource.query<{ name: string }[]>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind = 'r'
     AND relname ~ '^measurement_[a-z]+_[0-9]{8}$' ORDER BY 1`,
    [database.schema],
  );
  return rows.map(({ name }) => name);
};
const leaf = (name: string, day: number): string => `measurement_${name}_${dayName(day).replaceAll('-', '')}`;

/** Only the owner can make a partition for a day that is over, as time itself does. */
async function makeOldPartition(day: number): Promise<void> {
  const owner = new Client({ connectionString: database.ownerUrl, options: `-c search_path=${database.schema}` });
  await owner.connect();
  const bounds = `FOR VALUES FROM ('${dayName(day)} 00:00+00') TO ('${dayName(day + 1)} 00:00+00')`;
  await owner.query(`CREATE TABLE ${leaf('short', day)} PARTITION OF measurement_short ${bounds}`);
  await owner.query(
    `INSERT INTO measurement (device_index, ts, received_at, fingerprint, class, "values")
     VALUES (7, '${dayName(day)} 12:00+00', now(), gen_random_uuid(), 0, '{"t": 1}')`,
  );
  await owner.query(
    `INSERT INTO latest VALUES (7, gen_random_uuid(), '${dayName(day)} 12:00+00', -1, gen_random_uuid(), 0, '{"t": 1}')`,
  );
  await owner.end();
}

describe('housekeeping', () => {
  test('makes partitions from yesterday to a week ahead and drops what is over, its latest values too', async () => {
    await makeOldPartition(today - 8);
    await makeOldPartition(today - 9);
    const outcome = await new KeepRetentionHandler(database.dataSource, systemClock).run();
    expect(outcome?.dropped).toEqual([leaf('short', today - 9), leaf('short', today - 8)]);
    const days = Array.from({ length: 9 }, (_, index) => today - 1 + index);
    const expected = ['short', 'standard', 'long', 'summary'].flatMap((name) => days.map((day) => leaf(name, day)));
    expect(await partitions()).toEqual(expected.sort());
    expect(await database.dataSource.query('SELECT FROM latest WHERE device_index = 7')).toEqual([]);
    expect(await new KeepRetentionHandler(database.dataSource, systemClock).run()).toEqual({ dropped: [] });
  });

  test('is done by one instance at a time', async () => {
    const holder = new Client({ connectionString: database.appUrl, options: `-c search_path=${database.schema}` });
    await holder.connect();
    await holder.query(`SELECT pg_advisory_lock(hashtextextended(current_schema() || ' housekeeping', 0))`);
    expect(await new KeepRetentionHandler(database.dataSource, systemClock).run()).toBeUndefined();
    await holder.end();
  });

  test('late data makes its day on demand while it is kept, and is counted as expired afterwards', async () => {
    const writer = new StoreMeasurementsHandler(database.dataSource, systemClock);
    await writer.load(fixtureTopic, [0]);
    const at = (day: number, seq: number) => ({ ts: day * dayMs + seq, boot: 'b', seq, values: { t: seq } });
    const body = [at(today - 7, 1), at(today - 8, 2), at(today - 20, 3)];
    await writer.store(
      batchOf([reportRecord({ offset: 0, body, deviceIndex: 8, key: 'acme/late', retentionClass: 'short' })]),
    );
    expect(await partitions()).toContain(leaf('short', today - 7));
    expect(await partitions()).not.toContain(leaf('short', today - 8));
    const [counts] = await database.dataSource.query<object[]>('SELECT stored, expired FROM device WHERE index = 8');
    expect(counts).toEqual({ stored: '1', expired: '2' });
  });

  test('a partition that is dropped under a writer is noticed, and the batch is stored at the second attempt', async () => {
    const writer = new StoreMeasurementsHandler(database.dataSource, systemClock);
    await writer.load(fixtureTopic, [1]);
    const record = (offset: number, seq: number) =>
      reportRecord(
        {
          offset,
          body: { ts: (today - 3) * dayMs + seq, boot: 'b', seq, values: { t: 1 } },
          deviceIndex: 9,
          key: 'acme/d',
        },
        1,
      );
    await writer.store(batchOf([record(0, 1)]));
    const owner = new Client({ connectionString: database.ownerUrl, options: `-c search_path=${database.schema}` });
    await owner.connect();
    await owner.query(`DROP TABLE ${leaf('standard', today - 3)}`);
    await owner.end();
    const batch = batchOf([record(1, 2)]);
    await expect(writer.store(batch)).rejects.toMatchObject({ code: 'telemetry.partition-missing', retryable: true });
    await writer.store(batch);
    const [counts] = await database.dataSource.query<object[]>('SELECT stored FROM device WHERE index = 9');
    expect(counts).toEqual({ stored: '2' });
  });

  test('a device that names ever other metrics has its latest values in few rows, and they stay right', async () => {
    const writer = new StoreMeasurementsHandler(database.dataSource, systemClock);
    await writer.load(fixtureTopic, [2]);
    const nowMs = Date.now();
    const body = Array.from({ length: 100 }, (_, seq) => {
      const named = [0, 1, 2, 3, 4, 5, 6].filter((bit) => ((seq + 1) & (1 << bit)) !== 0);
      return { ts: nowMs + seq, boot: 'b', seq, values: Object.fromEntries(named.map((bit) => [`m${bit}`, seq])) };
    });
    await writer.store(batchOf([reportRecord({ offset: 0, body, deviceIndex: 11, key: 'acme/fickle' }, 2)]));
    const scope = { tenant: 'acme' as TenantId, device: 'fickle', indexes: [11], classes: 2 };
    const repository = new LatestRepository(queryPool(database.dataSource));
    const before = await repository.rows(scope, nowMs);
    await new KeepRetentionHandler(database.dataSource, systemClock).run();
    const after = await repository.rows(scope, nowMs);
    expect(before).toHaveLength(100);
    expect(after.length).toBeLessThanOrEqual(7);
    const sorted = (rows: typeof after) => [...latestValues(rows)].sort(([left], [right]) => (left < right ? -1 : 1));
    expect(sorted(after)).toEqual(sorted(before));
  });
});
