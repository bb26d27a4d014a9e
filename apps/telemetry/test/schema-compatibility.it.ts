import { describe, expect, test } from '@jest/globals';
import { releasedStatements, useDatabase } from '@myelin/testing';
import { serviceName, version } from '../src/identity.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations/index.js';

const released = releasedStatements(new URL('./released/', import.meta.url));

describe('the newest schema', () => {
  test.each(released)('takes what version $version says, with the rights of the service', async ({ statements }) => {
    await using database = await useDatabase({ service: serviceName, migrations, entities });
    for (const statement of statements) await database.dataSource.query(statement);
    expect(statements.length).toBeGreaterThan(10);
  });

  test('every column of the present version occurs among its statements', async () => {
    await using database = await useDatabase({ service: serviceName, migrations, entities });
    const text = released.find((one) => one.version === version)?.text ?? '';
    for (const { tableName, columns } of database.dataSource.entityMetadatas) {
      expect(text).toContain(`INSERT INTO ${tableName} `);
      const missing = columns.filter(({ databaseName }) => !new RegExp(`\\b${databaseName}\\b`).test(text));
      expect(missing.map(({ databaseName }) => `${tableName}.${databaseName}`)).toEqual([]);
    }
  });
});
