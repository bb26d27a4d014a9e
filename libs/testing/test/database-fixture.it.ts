import { describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { testDatabaseUrl } from '../src/config.js';
import { type UseDatabaseOptions, useDatabase } from '../src/index.js';

type Migration = NonNullable<UseDatabaseOptions['migrations']>[number];
type Runner = Parameters<InstanceType<Migration>['up']>[0];

class CreateNotes1700000000000 {
  async up(runner: Runner): Promise<void> {
    await runner.query('CREATE TABLE notes (id int PRIMARY KEY, body text NOT NULL)');
  }
  async down(runner: Runner): Promise<void> {
    await runner.query('DROP TABLE notes');
  }
}

class Broken1700000000001 {
  async up(runner: Runner): Promise<void> {
    await runner.query('CREATE TABLE twice (id int); CREATE TABLE twice (id int)');
  }
  async down(): Promise<void> {}
}

async function leftovers(fragment: string): Promise<number> {
  const admin = new Client({ connectionString: testDatabaseUrl() });
  await admin.connect();
  try {
    const { rows } = await admin.query<{ found: number }>(
      `SELECT (SELECT count(*) FROM pg_namespace WHERE nspname LIKE $1) + (SELECT count(*) FROM pg_roles WHERE rolname LIKE $1)
         AS found`,
      [`${fragment}%`],
    );
    return Number(rows[0]?.found);
  } finally {
    await admin.end();
  }
}

describe('useDatabase', () => {
  test('gives a migrated schema in which the application role writes but does not define', async () => {
    await using database = await useDatabase({ service: 'notes', migrations: [CreateNotes1700000000000] });
    await database.dataSource.query(`INSERT INTO notes VALUES (1, 'kept')`);
    expect(await database.dataSource.query('SELECT body FROM notes')).toEqual([{ body: 'kept' }]);
    await expect(database.dataSource.query('CREATE TABLE more (id int)')).rejects.toThrow('permission denied');
  });

  test('gives two callers of the same service different schemas', async () => {
    await using first = await useDatabase({ service: 'notes', migrations: [CreateNotes1700000000000] });
    await using second = await useDatabase({ service: 'notes', migrations: [CreateNotes1700000000000] });
    await first.dataSource.query(`INSERT INTO notes VALUES (1, 'mine')`);
    expect(await second.dataSource.query('SELECT * FROM notes')).toEqual([]);
  });

  test('leaves neither schema nor role behind, even while other sessions of its roles are open', async () => {
    const database = await useDatabase({ service: 'leaving', migrations: [CreateNotes1700000000000] });
    const straggler = new Client({ connectionString: database.appUrl });
    straggler.on('error', () => undefined);
    await straggler.connect();
    await straggler.query('BEGIN; SELECT * FROM notes');
    expect(await leftovers(database.schema)).toBe(3);
    await database.dispose();
    await database.dispose();
    expect(await leftovers(database.schema)).toBe(0);
  });

  test('leaves nothing behind when a migration fails', async () => {
    const service = 'failing-migration';
    await expect(useDatabase({ service, migrations: [Broken1700000000001] })).rejects.toThrow(/Broken1700000000001/);
    expect(await leftovers('failing_migration')).toBe(0);
  });
});
