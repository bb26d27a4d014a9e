import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { measurementReportedV1 } from '@myelin/contracts';
import { systemClock } from '@myelin/kernel';
import { type EventBatch, type ReceivedRecord, isRecordOf } from '@myelin/messaging';
import { type DatabaseFixture, useDatabase } from '@myelin/testing';
import type { Measurement } from '../src/domain/measurement.js';
import type { BatchPlan } from '../src/domain/plan-batch.js';
import { decodeReport } from '../src/features/store-measurements/decode-report.js';
import { StoreMeasurementsHandler } from '../src/features/store-measurements/store-measurements.handler.js';
import { withConnection } from '../src/persistence/connection.js';
import { entities } from '../src/persistence/entities.js';
import { writePlan } from '../src/persistence/measurement.writer.js';
import { migrations } from '../src/persistence/migrations/index.js';
import { batchOf, fixtureTopic, reportRecord, tickRecord, tombstone } from './records.fixture.js';

let database: DatabaseFixture;
let partition = 0;
const nowMs = Date.now();

const member = (): StoreMeasurementsHandler => new StoreMeasurementsHandler(database.dataSource, systemClock);
const report = (offset: number, body: object) =>
  reportRecord({ offset, body, deviceIndex: 1_000 + partition, key: `acme/device-${partition}` }, partition);
const decoded = (record: ReceivedRecord): readonly Measurement[] =>
  (isRecordOf(record, measurementReportedV1) ? decodeReport(record, nowMs)?.measurements : undefined) ?? [];
const measured = (seq: number) => ({ ts: nowMs - 1_000 + seq, boot: 'b', seq, values: { temperature: seq } });

async function storedSeqs(): Promise<number[]> {
  const rows = await database.dataSource.query<{ seq: string }[]>(
    'SELECT seq FROM measurement WHERE device_index = $1 ORDER BY seq',
    [1_000 + partition],
  );
  return rows.map(({ seq }) => Number(seq));
}

async function storedPosition(): Promise<string | null | undefined> {
  const [row] = await database.dataSource.query<{ next_offset: string | null }[]>(
    'SELECT next_offset FROM position WHERE topic = $1 AND partition = $2',
    [fixtureTopic, partition],
  );
  return row?.next_offset;
}

beforeAll(async () => {
  database = await useDatabase({ service: 'telemetry', migrations, entities });
});
afterAll(() => database.dispose());
beforeEach(() => void (partition += 1));

describe('positions and rows move together', () => {
  test('a new partition has no position, then the one behind what is stored', async () => {
    const writer = member();
    expect(await writer.load(fixtureTopic, [partition])).toEqual(new Map());
    await writer.store(batchOf([report(5, [measured(1), measured(2)]), report(6, measured(3))]));
    expect(await storedSeqs()).toEqual([1, 2, 3]);
    expect(await member().load(fixtureTopic, [partition])).toEqual(new Map([[partition, 7n]]));
  });

  test('a batch of ticks and tombstones alone moves the position and stores nothing', async () => {
    const writer = member();
    await writer.load(fixtureTopic, [partition]);
    await writer.store(batchOf([tickRecord(0, partition), tombstone(1, partition), tickRecord(2, partition)]));
    expect(await storedPosition()).toBe('3');
    expect(await storedSeqs()).toEqual([]);
  });

  test('a batch that was stored before is passed over, a half stored one is stored from the position on', async () => {
    const writer = member();
    await writer.load(fixtureTopic, [partition]);
    const records = [report(0, measured(1)), report(1, measured(2)), report(2, measured(3))];
    await writer.store(batchOf(records.slice(0, 2)));
    await writer.store(batchOf(records.slice(0, 2)));
    await writer.store(batchOf(records));
    expect(await storedSeqs()).toEqual([1, 2, 3]);
    const [counts] = await database.dataSource.query<{ duplicates: string }[]>(
      'SELECT duplicates FROM device WHERE index = $1',
      [1_000 + partition],
    );
    expect(counts?.duplicates).toBe('0');
  });

  test('a member that was paused, replaced and continued cannot write', async () => {
    const paused = member();
    await paused.load(fixtureTopic, [partition]);
    await paused.store(batchOf([report(0, measured(1))]));
    const successor = member();
    expect(await successor.load(fixtureTopic, [partition])).toEqual(new Map([[partition, 1n]]));
    // Nothing has moved since: only the owner tells the two apart.
    const stale = paused.store(batchOf([report(1, measured(2))]));
    await expect(stale).rejects.toMatchObject({ code: 'telemetry.position-fenced', retryable: true });
    expect(await storedSeqs()).toEqual([1]);
    await successor.store(batchOf([report(1, measured(2)), report(2, measured(3))]));
    const again = paused.store(batchOf([report(1, measured(2)), report(2, measured(3))]));
    await expect(again).rejects.toMatchObject({ code: 'telemetry.position-fenced' });
    expect(await storedSeqs()).toEqual([1, 2, 3]);
    expect(await storedPosition()).toBe('3');
  });

  test('two members at once on one partition: one stores, none doubles', async () => {
    const members = [member(), member()];
    for (const one of members) await one.load(fixtureTopic, [partition]);
    const records = Array.from({ length: 20 }, (_, offset) => report(offset, measured(offset)));
    const outcomes = await Promise.allSettled(members.map((one) => one.store(batchOf(records))));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(await storedSeqs()).toHaveLength(20);
  });

  test('a batch whose partition was taken away is not stored', async () => {
    const writer = member();
    await writer.load(fixtureTopic, [partition]);
    const stored = writer.store(batchOf([report(0, measured(1))], AbortSignal.abort()));
    await expect(stored).rejects.toMatchObject({ code: 'telemetry.batch-aborted', retryable: true });
    expect(await storedSeqs()).toEqual([]);
  });

  test('a position that somebody set back by hand stops the partition with a named error', async () => {
    const writer = member();
    await writer.load(fixtureTopic, [partition]);
    await writer.store(batchOf([report(0, measured(1)), report(1, measured(2))]));
    await database.dataSource.query('UPDATE position SET next_offset = 1 WHERE topic = $1 AND partition = $2', [
      fixtureTopic,
      partition,
    ]);
    const batch = batchOf([report(2, measured(3))]);
    await expect(writer.store(batch)).rejects.toMatchObject({ code: 'telemetry.position-fenced' });
    await expect(writer.store(batch)).rejects.toMatchObject({ code: 'telemetry.position-conflict', retryable: true });
    expect(await storedSeqs()).toEqual([1, 2]);
  });
});

describe('partitions that share a transaction', () => {
  const indexOf = (of: number): number => 5_000 + of;
  const batchIn = (of: number, body: object = measured(of)): EventBatch =>
    batchOf([reportRecord({ offset: 0, body, deviceIndex: indexOf(of), key: `acme/shared-${of}` }, of)]);

  /** A writer of four partitions, the sizes of its transactions, and which devices have rows. */
  async function sharing() {
    const transactions: number[] = [];
    const stored = (plan: BatchPlan): void => void transactions.push(plan.inserts.length);
    const grouping = { lanes: 1, maxSize: 100, maxIntervalMs: 0 };
    const writer = new StoreMeasurementsHandler(database.dataSource, systemClock, stored, grouping);
    const partitions = [1, 2, 3, 4].map((nth) => 100 * partition + nth);
    await writer.load(fixtureTopic, partitions);
    const rows = async (): Promise<number[]> => {
      const found = await database.dataSource.query<{ device_index: string }[]>(
        'SELECT device_index FROM measurement WHERE device_index = ANY($1) ORDER BY device_index',
        [partitions.map(indexOf)],
      );
      return found.map((row) => Number(row.device_index));
    };
    return { writer, partitions, transactions, rows };
  }

  test('are stored together, each position behind its own records', async () => {
    const { writer, partitions, transactions, rows } = await sharing();
    await Promise.all(partitions.map((of) => writer.store(batchIn(of))));
    expect(transactions).toEqual([1, 3]);
    expect(await rows()).toEqual(partitions.map(indexOf));
    const positions = await member().load(fixtureTopic, partitions);
    expect(positions).toEqual(new Map(partitions.map((of) => [of, 1n])));
  });

  test('are not held up by one that was taken over, nor by a record that can never be stored', async () => {
    const { writer, partitions, transactions, rows } = await sharing();
    const [, taken, taking, sound] = partitions as [number, number, number, number];
    await member().load(fixtureTopic, [taken]);
    const batches = partitions.map((of) => (of === taking ? batchIn(of, measured(1)) : batchIn(of)));
    const outcomes = await Promise.allSettled(batches.map((batch) => writer.store(batch)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: { code: 'telemetry.position-fenced', retryable: true } });
    expect(await rows()).toEqual(partitions.filter((of) => of !== taken).map(indexOf));
    expect(transactions).toEqual([1, 1, 1]);
    const impostor = batchOf([
      reportRecord({ offset: 1, body: measured(9), deviceIndex: indexOf(sound), key: 'globex/other' }, taking),
    ]);
    const next = batchOf([
      reportRecord({ offset: 1, body: measured(9), deviceIndex: indexOf(sound), key: `acme/shared-${sound}` }, sound),
    ]);
    const starter = writer.store(batchOf([tickRecord(1, partitions[0])]));
    const together = await Promise.allSettled([writer.store(impostor), writer.store(next)]);
    await starter;
    expect(together).toMatchObject([{ reason: { code: 'telemetry.device-index-taken', offset: 1n } }, {}]);
    expect(await rows()).toEqual([indexOf(partitions[0] as number), indexOf(taking), indexOf(sound), indexOf(sound)]);
  });
});

describe('records that can never be stored', () => {
  test.each([
    ['a device index that is none', { 'myelin-device-index': '4294967296' }, 'telemetry.header-invalid'],
    ['no retention class', { 'myelin-retention-class': '' }, 'telemetry.header-invalid'],
    ['flags that are none', { 'myelin-out-of-range': 'temperature' }, 'telemetry.header-invalid'],
  ])('%s is poison at its offset, and the rest is stored without it', async (_, headers, code) => {
    const writer = member();
    await writer.load(fixtureTopic, [partition]);
    const bad = report(1, measured(2));
    const poisoned = { ...bad, headers: { ...bad.headers, ...headers } };
    const records = [report(0, measured(1)), poisoned, report(2, measured(3))];
    await expect(writer.store(batchOf(records))).rejects.toMatchObject({ code, offset: 1n, retryable: false });
    expect(await storedSeqs()).toEqual([]);
    await writer.store({ ...batchOf(records), records: [records[0]!, records[2]!] });
    expect(await storedSeqs()).toEqual([1, 3]);
    expect(await storedPosition()).toBe('3');
  });

  test.each([
    [
      'a text that PostgreSQL has no character for',
      { ts: nowMs, values: { state: 'a\u0000b' } },
      'telemetry.value-unstorable',
    ],
    ['half of a surrogate pair', { ts: nowMs, values: { state: '\ud800' } }, 'telemetry.value-unstorable'],
    ['a time that no edge lets through', { ts: nowMs + 30 * 86_400_000, values: { a: 1 } }, 'telemetry.ts-ahead'],
  ])('%s is poison', async (_, body, code) => {
    const writer = member();
    await writer.load(fixtureTopic, [partition]);
    await expect(writer.store(batchOf([report(0, body)]))).rejects.toMatchObject({ code, offset: 0n });
  });

  test.each([
    ['no timestamp', -1],
    ['a timestamp before all that PostgreSQL can hold', -(2 ** 62)],
    ['a timestamp that no broker of ours lets through', nowMs + 30 * 86_400_000],
  ])('a record with %s is poison, and the rest is stored without it', async (_, timestampMs) => {
    const writer = member();
    await writer.load(fixtureTopic, [partition]);
    const bad = { ...report(1, measured(2)), timestampMs };
    const records = [report(0, measured(1)), bad, report(2, measured(3))];
    const poison = { code: 'telemetry.receive-time-invalid', offset: 1n, retryable: false };
    await expect(writer.store(batchOf(records))).rejects.toMatchObject(poison);
    await writer.store({ ...batchOf(records), records: [records[0]!, records[2]!] });
    expect(await storedSeqs()).toEqual([1, 3]);
  });

  test('a row that cannot be encoded fails before its COPY begins: the connection goes on', async () => {
    const [row] = decoded(report(0, measured(1)));
    const inserts = [{ ...row!, receivedAtMs: -(2 ** 62), duplicates: 0 }];
    const plan: BatchPlan = { inserts, seenAgain: [], counts: new Map(), latest: [], contested: [] };
    await withConnection(database.dataSource, async (client) => {
      await client.query('BEGIN');
      await expect(writePlan(client, plan, new Map(), [])).rejects.toThrow('out of range');
      expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      await client.query('ROLLBACK');
    });
  });

  test('forty thousand flags of one measurement are read in one go', () => {
    const outOfRange = Array.from({ length: 40_000 }, () => '0:a').join(',');
    const record = reportRecord({ offset: 0, body: measured(1), outOfRange });
    expect(decoded(record)[0]?.outOfRange).toHaveLength(40_000);
  });

  test('a device index never becomes another device', async () => {
    const writer = member();
    await writer.load(fixtureTopic, [partition]);
    await writer.store(batchOf([report(0, measured(1))]));
    const other = { ...report(1, measured(2)), key: 'globex/device-1' };
    const poison = { code: 'telemetry.device-index-taken', offset: 1n };
    await expect(writer.store(batchOf([other]))).rejects.toMatchObject(poison);
    const restarted = member();
    await restarted.load(fixtureTopic, [partition]);
    await expect(restarted.store(batchOf([other]))).rejects.toMatchObject(poison);
  });

  test('values of every kind come back as they were sent', async () => {
    const writer = member();
    await writer.load(fixtureTopic, [partition]);
    const values = {
      number: 0.1 + 0.2,
      tiny: 5e-324,
      huge: 1.7976931348623157e308,
      flag: false,
      text: 'quote " back \\ slash \u0001 ü 😀',
      looksEscaped: 'C:\\udev\\u0000 \\\\ud800',
      series: [1, -2.5, 3e-7],
      place: { lat: 52.5, lon: 13.4, alt: 34, acc: 2 },
    };
    await writer.store(batchOf([report(0, { ts: nowMs, values })]));
    const [row] = await database.dataSource.query<{ values: unknown }[]>(
      'SELECT "values" FROM measurement WHERE device_index = $1',
      [1_000 + partition],
    );
    expect(row?.values).toEqual(values);
  });
});
