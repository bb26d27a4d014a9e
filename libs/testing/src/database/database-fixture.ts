import { randomBytes } from 'node:crypto';
import { silentLogger } from '@myelin/observability';
import {
  type EntityClass,
  type MigrationClass,
  createDataSource,
  provisionServiceDatabase,
  quoteIdentifier,
  runMigrations,
} from '@myelin/persistence';
import { Client } from 'pg';
import { testDatabaseUrl } from '../config.js';
import { once, runAllSteps } from '../dispose-all.js';
import { randomName } from '../random-name.js';

type DataSource = ReturnType<typeof createDataSource>;

export interface UseDatabaseOptions {
  /** Shows up in the random schema's name. */
  readonly service: string;
  readonly migrations?: readonly MigrationClass[];
  readonly entities?: readonly EntityClass[];
  /** Of the data source, default 10. */
  readonly poolSize?: number;
}

export interface DatabaseFixture extends AsyncDisposable {
  /** Connected as the application role: no DDL, as in production. */
  readonly dataSource: DataSource;
  readonly ownerUrl: string;
  readonly appUrl: string;
  /** The superuser that the suite runs with. */
  readonly adminUrl: string;
  readonly schema: string;
  readonly ownerRole: string;
  readonly appRole: string;
  /** Ends every session of the two roles, then drops schema and roles. Safe to call twice. */
  dispose(): Promise<void>;
}

/**
 * A schema and roles of one's own on the real PostgreSQL, migrated as owner. Use with `await using`, or call `dispose`
 * in `afterAll`. What was made before a failure is removed again.
 * @throws TestingError testing.stack-missing
 * @throws PersistenceError
 */
export async function useDatabase(options: UseDatabaseOptions): Promise<DatabaseFixture> {
  const adminUrl = testDatabaseUrl();
  const service = `${options.service.slice(0, 24)}-${randomName()}`;
  const schema = service.replaceAll('-', '_');
  const roles = { ownerRole: `${schema}_owner`, appRole: `${schema}_app` };
  let dataSource: DataSource | undefined;
  const dispose = once(() =>
    runAllSteps([
      ['data source', async () => (dataSource?.isInitialized ? dataSource.destroy() : undefined)],
      ['schema and roles', () => dropAll(adminUrl, schema, Object.values(roles))],
    ]),
  );
  try {
    const urls = await provisionServiceDatabase({
      adminUrl,
      service,
      ownerPassword: randomBytes(12).toString('hex'),
      appPassword: randomBytes(12).toString('hex'),
    });
    const { ownerUrl, appUrl } = urls;
    const migrations = options.migrations ?? [];
    await runMigrations({ ownerUrl, schema, migrations, appRole: roles.appRole, logger: silentLogger });
    dataSource = await createDataSource({
      ...{ url: appUrl, schema, migrations, entities: options.entities ?? [], applicationName: `test:${schema}` },
      poolSize: options.poolSize ?? 10,
      connectTimeoutMs: 15_000, // two suites and their servers share two processors
    }).initialize();
    return { dataSource, ownerUrl, appUrl, adminUrl, schema, ...roles, dispose, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose().catch(() => undefined); // the first failure is the one to tell
    throw error;
  }
}

async function dropAll(adminUrl: string, schema: string, roles: readonly string[]): Promise<void> {
  const admin = new Client({ connectionString: adminUrl, application_name: 'test-cleanup' });
  await admin.connect();
  try {
    await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ANY($1)`, [roles]);
    await admin.query(`DROP SCHEMA IF EXISTS ${quoteIdentifier(schema)} CASCADE`);
    const { rows } = await admin.query<{ name: string }>(
      `SELECT rolname AS name FROM pg_roles WHERE rolname = ANY($1)`,
      [roles],
    );
    for (const { name } of rows) {
      await admin.query(`DROP OWNED BY ${quoteIdentifier(name)}`);
      await admin.query(`DROP ROLE ${quoteIdentifier(name)}`);
    }
  } finally {
    await admin.end();
  }
}
