import { randomBytes } from 'node:crypto';
import { silentLogger } from '@myelin/observability';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import {
  type DataSourceSettings,
  type MigrationClass,
  type ServiceDatabase,
  createDataSource,
  provisionServiceDatabase,
  runMigrations,
} from '../src/index.js';

export const adminUrl = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:25432/postgres';

/** A schema and two roles with random names on the real server, removed by `dispose`. */
export interface RandomSchema extends ServiceDatabase {
  migrate(migrations: readonly MigrationClass[]): Promise<void>;
  connect(settings?: Partial<DataSourceSettings>): Promise<DataSource>;
  asAdmin<Row extends object>(sql: string, parameters?: unknown[]): Promise<Row[]>;
  dispose(): Promise<void>;
}

export async function randomSchema(): Promise<RandomSchema> {
  const service = `t-${randomBytes(6).toString('hex')}`;
  const database = await provisionServiceDatabase({
    adminUrl,
    service,
    ownerPassword: 'of owner',
    appPassword: "app's",
  });
  const { schema, appRole, ownerRole, ownerUrl, appUrl } = database;
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  const opened: DataSource[] = [];
  return {
    ...database,
    migrate: (migrations) => runMigrations({ ownerUrl, schema, migrations, appRole, logger: silentLogger }),
    async connect(settings = {}) {
      const dataSource = createDataSource({
        url: appUrl,
        schema,
        applicationName: `test:${schema}`,
        poolSize: 5,
        ...settings,
      });
      opened.push(dataSource);
      return dataSource.initialize();
    },
    async asAdmin<Row extends object>(sql: string, parameters: unknown[] = []) {
      const { rows } = await admin.query<Row>(sql, parameters);
      return rows;
    },
    async dispose() {
      for (const dataSource of opened) if (dataSource.isInitialized) await dataSource.destroy();
      await admin.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
      for (const role of [appRole, ownerRole]) {
        await admin.query(`DROP OWNED BY "${role}" CASCADE`);
        await admin.query(`DROP ROLE "${role}"`);
      }
      await admin.end();
    },
  };
}
