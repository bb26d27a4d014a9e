import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { schemaDrift, schemaHealth } from '../src/index.js';
import { type RandomSchema, randomSchema } from './random-schema.js';
import {
  Account,
  AddNote1700000000002,
  CreateAccount1700000000001,
  CreateReading1700000000003,
} from './sample-schema.js';

class Broken1700000000009 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE half_done (id integer)');
    await runner.query('SELECT * FROM no_such_table');
  }

  async down(): Promise<void> {
    // never applied
  }
}

/** Would fail the second time. */
class SlowTable1700000000005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE slow_table (id integer)');
    await runner.query('SELECT pg_sleep(0.3)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE slow_table');
  }
}

describe('migrations', () => {
  let database: RandomSchema;
  beforeEach(async () => {
    database = await randomSchema();
  });
  afterEach(() => database.dispose());

  const history = async (): Promise<string[]> =>
    (
      await database.asAdmin<{ name: string }>(`SELECT name FROM "${database.schema}".schema_migrations ORDER BY id`)
    ).map(({ name }) => name);

  test('run once, in the order of their timestamps, whatever the order of the list', async () => {
    await database.migrate([AddNote1700000000002, CreateAccount1700000000001]);
    await database.migrate([AddNote1700000000002, CreateAccount1700000000001]);
    expect(await history()).toEqual(['CreateAccount1700000000001', 'AddNote1700000000002']);
  });

  test('of several processes at once are applied once, and all of them succeed', async () => {
    const migrations = [CreateAccount1700000000001, SlowTable1700000000005];
    await Promise.all([1, 2, 3, 4].map(() => database.migrate(migrations)));
    expect(await history()).toEqual(['CreateAccount1700000000001', 'SlowTable1700000000005']);
  });

  test('that fail leave nothing behind, keep the ones before, and can be repeated', async () => {
    const failing = database.migrate([CreateAccount1700000000001, Broken1700000000009]);
    await expect(failing).rejects.toMatchObject({
      code: 'database.migration-failed',
      retryable: false,
      message: 'migration Broken1700000000009 failed',
    });
    expect(await history()).toEqual(['CreateAccount1700000000001']);
    expect(await database.asAdmin(`SELECT to_regclass('"${database.schema}".half_done') AS t`)).toEqual([{ t: null }]);
    await database.migrate([CreateAccount1700000000001, AddNote1700000000002]);
    expect(await history()).toEqual(['CreateAccount1700000000001', 'AddNote1700000000002']);
  });

  test('of a newer version do not stop the older one: it migrates and works on the newer schema', async () => {
    await database.migrate([CreateAccount1700000000001, AddNote1700000000002]);
    await database.migrate([CreateAccount1700000000001]);
    expect(await history()).toEqual(['CreateAccount1700000000001', 'AddNote1700000000002']);
    const old = await database.connect({ entities: [Account], migrations: [CreateAccount1700000000001] });
    await expect(schemaHealth(old, [CreateAccount1700000000001]).check()).resolves.toBeUndefined();
    await old.getRepository(Account).insert({ name: 'a', balance: 1 });
    expect(await old.getRepository(Account).findOneByOrFail({ name: 'a' })).toMatchObject({ balance: 1 });
  });

  test('that the code knows and the schema lacks keep the service from being ready until they are applied', async () => {
    const app = await database.connect();
    const health = schemaHealth(app, [CreateAccount1700000000001, AddNote1700000000002]);
    expect(health).toMatchObject({ name: 'schema', critical: true });
    const missing = async (): Promise<unknown> => health.check().catch((error: unknown) => error);
    const behind = (message: string): unknown =>
      expect.objectContaining({ code: 'database.schema-behind', message: expect.stringContaining(message) as unknown });
    expect(await missing()).toEqual(behind('CreateAccount1700000000001'));
    await database.migrate([CreateAccount1700000000001]);
    expect(await missing()).toEqual(behind('AddNote1700000000002'));
    await database.migrate([CreateAccount1700000000001, AddNote1700000000002]);
    expect(await missing()).toBeUndefined();
  });

  test('leave no drift, and drift is told as the SQL that is missing', async () => {
    await database.migrate([CreateAccount1700000000001]);
    const app = await database.connect({ entities: [Account] });
    expect(await schemaDrift(app)).toEqual([]);
    await database.asAdmin(`ALTER TABLE "${database.schema}".account ALTER COLUMN balance TYPE bigint`);
    await database.asAdmin(`ALTER TABLE "${database.schema}".account ALTER COLUMN "openedAt" DROP DEFAULT`);
    expect((await schemaDrift(app)).join('\n')).toMatch(/balance[^]*openedAt/);
  });

  test('without a server are refused as retryable', async () => {
    const away = { ...database, ownerUrl: 'postgres://nobody:x@127.0.0.1:1/none' };
    const { runMigrations } = await import('../src/index.js');
    const { silentLogger } = await import('@myelin/observability');
    await expect(runMigrations({ ...away, migrations: [], logger: silentLogger })).rejects.toMatchObject({
      code: 'database.unavailable',
      retryable: true,
    });
  });
});

describe('the application role', () => {
  let database: RandomSchema;
  beforeEach(async () => {
    database = await randomSchema();
    await database.migrate([CreateAccount1700000000001, CreateReading1700000000003]);
  });
  afterEach(() => database.dispose());

  test.each([
    'CREATE TABLE mine (id integer)',
    'DROP TABLE account',
    'ALTER TABLE account ADD COLUMN mine integer',
    'TRUNCATE account',
    'CREATE INDEX ON account (balance)',
    'CREATE SCHEMA mine',
    'CREATE TABLE public.mine (id integer)',
    `INSERT INTO schema_migrations (timestamp, name) VALUES (1, 'x')`,
    'DELETE FROM schema_migrations',
  ])('may not: %s', async (sql) => {
    const app = await database.connect();
    await expect(app.query(sql)).rejects.toMatchObject({ driverError: { code: '42501' } });
  });

  test('reads and writes what the owner makes, also partitions made later through an owner function', async () => {
    const app = await database.connect();
    await app.query(`SELECT make_partition('2026-01-01')`);
    await app.query(`INSERT INTO reading VALUES ('2026-01-01', 7)`);
    await app.query(`UPDATE reading_20260101 SET value = 8`);
    expect(await app.query('SELECT value FROM reading')).toEqual([{ value: 8 }]);
    await app.query('DELETE FROM reading_20260101');
  });

  test('of another service sees nothing of this one', async () => {
    const other = await randomSchema();
    try {
      const app = await other.connect();
      await expect(app.query(`SELECT * FROM "${database.schema}".account`)).rejects.toMatchObject({
        driverError: { code: '42501' },
      });
    } finally {
      await other.dispose();
    }
  });

  test('has the settings of its data source on every connection', async () => {
    const app = await database.connect({
      statementTimeoutMs: 1234,
      lockTimeoutMs: 567,
      idleInTransactionTimeoutMs: 890,
    });
    const [settings] = (await app.query(`SELECT current_setting('statement_timeout') AS statement,
      current_setting('lock_timeout') AS lock, current_setting('idle_in_transaction_session_timeout') AS idle,
      current_setting('search_path') AS path, current_setting('application_name') AS name`)) as unknown[];
    expect(settings).toEqual({
      statement: '1234ms',
      lock: '567ms',
      idle: '890ms',
      path: database.schema,
      name: `test:${database.schema}`,
    });
  });
});
