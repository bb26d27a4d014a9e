import { expect, test } from '@jest/globals';
import { createDataSource, schemaDrift } from '@myelin/persistence';
import { useDatabase } from '@myelin/testing';
import { Client } from 'pg';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations/index.js';

test('entities and migrations say the same', async () => {
  await using database = await useDatabase({ service: 'telemetry', migrations, entities });
  expect(await schemaDrift(database.dataSource)).toEqual([]);
});

test('the migration can be undone and done again', async () => {
  await using database = await useDatabase({ service: 'telemetry', migrations, entities });
  const owner = createDataSource({
    url: database.ownerUrl,
    schema: database.schema,
    migrations,
    applicationName: 'test',
  });
  await owner.initialize();
  try {
    await owner.undoLastMigration();
    await owner.runMigrations();
  } finally {
    await owner.destroy();
  }
  expect(await schemaDrift(database.dataSource)).toEqual([]);
});

test('the application role makes and drops partitions by the two functions alone', async () => {
  await using database = await useDatabase({ service: 'telemetry', migrations, entities });
  const app = new Client({ connectionString: database.appUrl, options: `-c search_path=${database.schema}` });
  await app.connect();
  try {
    await app.query('SELECT ensure_partition(1::smallint, current_date)');
    const forbidden = { code: '42501' };
    await expect(app.query('CREATE TABLE mine (id integer)')).rejects.toMatchObject(forbidden);
    await expect(app.query('DROP TABLE measurement')).rejects.toMatchObject(forbidden);
    const leaf = `measurement_standard_${new Date().toISOString().slice(0, 10).replaceAll('-', '')}`;
    await expect(app.query(`DROP TABLE ${leaf}`)).rejects.toMatchObject(forbidden);
    // A table of the caller's own with the same name, first in the caller's search path, is not what the functions see.
    await app.query('CREATE TEMP TABLE measurement_standard (ts timestamptz)').catch(() => undefined);
    await app.query('SELECT ensure_partition(1::smallint, current_date - 1)');
    const { rows } = await app.query<{ days: number }>(
      `SELECT count(*)::integer AS days FROM pg_inherits WHERE inhparent = '${database.schema}.measurement_standard'::regclass`,
    );
    expect(rows).toEqual([{ days: 2 }]);
  } finally {
    await app.end();
  }
});

test.each([
  ['short', 0, 8],
  ['summary', 3, 31],
  ['standard', 1, 91],
])('a day of class %s that is over has no partition made for it', async (_, code, days) => {
  await using database = await useDatabase({ service: 'telemetry', migrations, entities });
  const ensure = (daysAgo: number) =>
    database.dataSource.query(`SELECT ensure_partition($1::smallint, (now() AT TIME ZONE 'UTC')::date - $2::integer)`, [
      code,
      daysAgo,
    ]);
  await ensure(days - 1);
  await expect(ensure(days)).rejects.toMatchObject({ driverError: { code: 'MY001' } });
  await expect(ensure(-9)).rejects.toMatchObject({ driverError: { code: 'MY001' } });
});
