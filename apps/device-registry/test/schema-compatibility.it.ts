import { describe, expect, test } from '@jest/globals';
import { releasedStatements, useDatabase } from '@myelin/testing';
import { version } from '../src/identity.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations.js';

const released = releasedStatements(new URL('./released/', import.meta.url));

/**
 * Each released version leaves a file of its statements here, so that a migration that a running older version would
 * stumble over fails in this suite. There is one version so far; its file is held to the present schema.
 */
describe('the newest schema', () => {
  test('there is a file of statements for the version that stands in the package', () => {
    expect(released.map((one) => one.version)).toContain(version);
  });

  test.each(released)('takes what version $version says, with the rights of the service', async ({ statements }) => {
    await using database = await useDatabase({ service: 'device-registry', migrations, entities });
    for (const statement of statements) await database.dataSource.query(statement);
    expect(statements.length).toBeGreaterThan(20);
  });

  test('every table of an entity and the outbox occur among the statements of the version', async () => {
    await using database = await useDatabase({ service: 'device-registry', migrations, entities });
    const text = released.find((one) => one.version === version)?.text ?? '';
    const tables = database.dataSource.entityMetadatas.map(({ tableName }) => tableName);
    for (const table of [...tables, 'outbox']) expect(text).toMatch(new RegExp(`INSERT INTO ${table} `));
    for (const { tableName, columns } of database.dataSource.entityMetadatas) {
      for (const { databaseName } of columns)
        expect([tableName, databaseName, text]).toEqual([
          tableName,
          databaseName,
          expect.stringMatching(new RegExp(`\\b${databaseName}\\b`)),
        ]);
    }
  });
});
