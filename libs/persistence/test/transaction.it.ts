import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { DataSource, EntityManager } from 'typeorm';
import { PersistenceError, databaseHealth, inTransaction } from '../src/index.js';
import { type RandomSchema, randomSchema } from './random-schema.js';
import { Account, CreateAccount1700000000001 } from './sample-schema.js';

let database: RandomSchema;
let app: DataSource;

beforeAll(async () => {
  database = await randomSchema();
  await database.migrate([CreateAccount1700000000001]);
});
afterAll(() => database.dispose());
beforeEach(async () => {
  app = await database.connect({ entities: [Account] });
  await app.query('DELETE FROM account');
  await app.getRepository(Account).insert([
    { name: 'a', balance: 10 },
    { name: 'b', balance: 10 },
  ]);
});
afterEach(() => app.destroy());

const balances = async (): Promise<Record<string, number>> =>
  Object.fromEntries((await app.getRepository(Account).find()).map(({ name, balance }) => [name, balance]));

const add = (tx: EntityManager, name: string, amount: number): Promise<unknown> =>
  tx.query('UPDATE account SET balance = balance + $2 WHERE name = $1', [name, amount]);

/** Resolves for all when the expected number has arrived. */
function meetingPoint(expected: number): () => Promise<void> {
  const everybody = Promise.withResolvers<void>();
  let arrived = 0;
  return () => {
    if (++arrived >= expected) everybody.resolve();
    return everybody.promise;
  };
}

describe('inTransaction', () => {
  test('commits what the work did and gives its result', async () => {
    const result = await inTransaction(app, async (tx) => {
      await add(tx, 'a', 5);
      return 'done';
    });
    expect(result).toBe('done');
    expect(await balances()).toEqual({ a: 15, b: 10 });
  });

  test('rolls back and passes on an error of the work unchanged, without another try', async () => {
    const failure = new Error('not enough');
    let tries = 0;
    const work = async (tx: EntityManager): Promise<void> => {
      tries++;
      await add(tx, 'a', -5);
      throw failure;
    };
    await expect(inTransaction(app, work)).rejects.toBe(failure);
    expect(tries).toBe(1);
    expect(await balances()).toEqual({ a: 10, b: 10 });
  });

  test('tries again after a deadlock, so both transactions are done', async () => {
    const meet = meetingPoint(2);
    const move = (from: string, to: string): Promise<void> =>
      inTransaction(app, async (tx) => {
        await add(tx, from, -1);
        await meet();
        await add(tx, to, 1);
      });
    await Promise.all([move('a', 'b'), move('b', 'a')]);
    expect(await balances()).toEqual({ a: 10, b: 10 });
  });

  test('tries again after a serialization failure, so no update is lost', async () => {
    let tries = 0;
    const meet = meetingPoint(4);
    const readAndAdd = (): Promise<void> =>
      inTransaction(
        app,
        async (tx) => {
          tries++;
          const { balance } = await tx.findOneByOrFail(Account, { name: 'a' });
          await meet();
          await tx.update(Account, { name: 'a' }, { balance: balance + 1 });
        },
        { isolation: 'SERIALIZABLE', attempts: 20 },
      );
    await Promise.all([1, 2, 3, 4].map(readAndAdd));
    expect((await balances())['a']).toBe(14);
    expect(tries).toBeGreaterThan(4);
  });

  test('gives up after the bounded number of tries with a retryable conflict', async () => {
    let tries = 0;
    const work = async (tx: EntityManager): Promise<void> => {
      tries++;
      await tx.query(`DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$`);
    };
    await expect(inTransaction(app, work, { attempts: 3 })).rejects.toMatchObject({
      code: 'database.conflict',
      retryable: true,
    });
    expect(tries).toBe(3);
  });

  test('names a violated constraint, without the values of the row, and does not try again', async () => {
    let tries = 0;
    const insert = inTransaction(app, async (tx) => {
      tries++;
      await tx.insert(Account, { name: 'a', balance: 987654 });
    });
    const error = await insert.catch((reason: unknown) => reason as PersistenceError);
    expect(error).toBeInstanceOf(PersistenceError);
    expect(error).toMatchObject({
      code: 'database.unique-violation',
      retryable: false,
      details: { constraint: 'account_pkey', table: 'account', sqlState: '23505' },
    });
    const everything = JSON.stringify(error, Object.getOwnPropertyNames(error)) + String((error as Error).cause);
    expect(everything).not.toContain('987654');
    expect(tries).toBe(1);
  });

  test('turns a connection that breaks in the middle into database.unavailable, and works afterwards', async () => {
    let tries = 0;
    const work = async (tx: EntityManager): Promise<void> => {
      tries++;
      await add(tx, 'a', 5);
      const [{ pid }] = (await tx.query('SELECT pg_backend_pid() AS pid')) as [{ pid: number }];
      await database.asAdmin('SELECT pg_terminate_backend($1, 5000)', [pid]);
      await add(tx, 'b', 5);
    };
    await expect(inTransaction(app, work)).rejects.toMatchObject({ code: 'database.unavailable', retryable: true });
    expect(tries).toBe(1);
    await inTransaction(app, (tx) => add(tx, 'b', 1));
    expect(await balances()).toEqual({ a: 10, b: 11 });
  });

  test('turns a pool without a free place and a missing server into database.unavailable', async () => {
    const small = await database.connect({ poolSize: 1, connectTimeoutMs: 100 });
    const runner = small.createQueryRunner();
    await runner.connect();
    await expect(inTransaction(small, (tx) => tx.query('SELECT 1'))).rejects.toMatchObject({
      code: 'database.unavailable',
    });
    await runner.release();
  });

  test('turns a statement or a lock that takes too long into database.timeout', async () => {
    const strict = await database.connect({ statementTimeoutMs: 100, lockTimeoutMs: 50 });
    await expect(inTransaction(strict, (tx) => tx.query('SELECT pg_sleep(5)'))).rejects.toMatchObject({
      code: 'database.timeout',
      details: { sqlState: '57014' },
    });
    await inTransaction(app, async (tx) => {
      await add(tx, 'a', 1);
      await expect(inTransaction(strict, (other) => add(other, 'a', 1))).rejects.toMatchObject({
        code: 'database.timeout',
        details: { sqlState: '55P03' },
      });
    });
  });

  test('refuses a where with undefined instead of matching every row', async () => {
    const name = undefined as unknown as string;
    await expect(inTransaction(app, (tx) => tx.findOneBy(Account, { name }))).rejects.toThrow(/undefined/);
    await expect(inTransaction(app, (tx) => tx.delete(Account, { name }))).rejects.toThrow();
    expect(Object.keys(await balances())).toEqual(['a', 'b']);
  });
});

describe('the health check', () => {
  test('passes on a living database and fails once the data source is closed', async () => {
    const health = databaseHealth(app);
    expect(health).toMatchObject({ name: 'database', critical: true });
    await expect(health.check()).resolves.toBeUndefined();
    const closed = await database.connect();
    await closed.destroy();
    await expect(databaseHealth(closed).check()).rejects.toMatchObject({ code: 'database.unavailable' });
  });

  test('fails within its time when no connection is free', async () => {
    const small = await database.connect({ poolSize: 1 });
    const runner = small.createQueryRunner();
    await runner.connect();
    await expect(databaseHealth(small, 50).check()).rejects.toMatchObject({ code: 'database.timeout' });
    await runner.release();
  });
});
