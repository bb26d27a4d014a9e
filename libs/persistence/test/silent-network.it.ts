import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { inTransaction, openDedicatedConnection } from '../src/index.js';
import { type RandomSchema, randomSchema } from './random-schema.js';
import { type SilentProxy, silentProxy } from './silent-proxy.js';
import { CreateAccount1700000000001 } from './sample-schema.js';

describe('when the network swallows everything', () => {
  let database: RandomSchema;
  let proxy: SilentProxy;
  beforeEach(async () => {
    database = await randomSchema();
    await database.migrate([CreateAccount1700000000001]);
    proxy = await silentProxy(database.appUrl);
  });
  afterEach(async () => {
    await proxy.close();
    await database.dispose();
  });

  const settings = { poolSize: 1, statementTimeoutMs: 200, answerGraceMs: 100 };

  test('a transaction fails in time as database.unavailable, and the pool heals', async () => {
    const app = await database.connect({ ...settings, url: proxy.url });
    const failing = inTransaction(app, async (tx) => {
      await tx.query(`INSERT INTO account (name, balance) VALUES ('lost', 1)`);
      proxy.silence();
      await tx.query('SELECT 1');
    });
    await expect(failing).rejects.toMatchObject({ code: 'database.unavailable', retryable: true });
    await inTransaction(app, (tx) => tx.query(`INSERT INTO account (name, balance) VALUES ('kept', 1)`));
    expect(await app.query('SELECT name FROM account')).toEqual([{ name: 'kept' }]);
  });

  test('a plain query fails in time, and the next one gets another connection', async () => {
    const app = await database.connect({ ...settings, url: proxy.url });
    proxy.silence();
    await expect(app.query('SELECT 1')).rejects.toThrow('Query read timeout');
    expect(await app.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('a dedicated connection tells that it is lost', async () => {
    const app = await database.connect({ ...settings, url: proxy.url });
    const connection = await openDedicatedConnection(app, { purpose: 'test', answerTimeoutMs: 200 });
    const lost = new Promise<void>((resolve) => {
      connection.onLost(resolve);
    });
    proxy.silence();
    await expect(connection.query('SELECT 1')).rejects.toMatchObject({ code: 'database.unavailable' });
    await lost;
    expect(connection.alive).toBe(false);
    await connection.close();
  });
});
