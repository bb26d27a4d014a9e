import { randomBytes } from 'node:crypto';
import { silentLogger } from '@myelin/observability';
import { createDataSource, provisionServiceDatabase, runMigrations } from '@myelin/persistence';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import { outboxMigrationSql } from '../src/index.js';

const adminUrl = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:25432/postgres';

/** An entity whose row the writers wait for, beside the outbox. */
class CreateOutbox1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of outboxMigrationSql().up) await runner.query(sql);
    await runner.query('CREATE TABLE entity (key text PRIMARY KEY, version integer NOT NULL)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE entity');
    for (const sql of outboxMigrationSql().down) await runner.query(sql);
  }
}

export interface OutboxDatabase {
  readonly schema: string;
  readonly appUrl: string;
  readonly dataSource: DataSource;
  /** A further pool, as another instance of the service has. */
  connect(): Promise<DataSource>;
  asAdmin<Row>(sql: string, parameters?: unknown[]): Promise<Row[]>;
  waiting(): Promise<number>;
  /** Server processes of the relays, the one that holds the lock only or all. */
  relayBackends(which: 'holder' | 'all'): Promise<number[]>;
  endBackend(pid: number): Promise<void>;
  clear(): Promise<void>;
  dispose(): Promise<void>;
}

export async function outboxDatabase(): Promise<OutboxDatabase> {
  const { schema, appUrl, ownerUrl, appRole, ownerRole } = await provisionServiceDatabase({
    adminUrl,
    service: `t-${randomBytes(6).toString('hex')}`,
    ownerPassword: 'owner',
    appPassword: 'app',
  });
  await runMigrations({
    ...{ ownerUrl, schema, appRole, logger: silentLogger },
    migrations: [CreateOutbox1700000000001],
  });
  const admin = await createDataSource({ url: adminUrl, schema, applicationName: 'test:admin' }).initialize();
  const opened: DataSource[] = [];
  const connect = async (): Promise<DataSource> => {
    const dataSource = createDataSource({ url: appUrl, schema, applicationName: schema, poolSize: 8 });
    opened.push(dataSource);
    return dataSource.initialize();
  };
  const asAdmin = <Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> => admin.query(sql, parameters);
  return {
    ...{ schema, appUrl, connect, asAdmin },
    dataSource: await connect(),
    async waiting() {
      const [row] = await asAdmin<{ count: number }>('SELECT count(*)::int AS count FROM outbox');
      return row?.count ?? 0;
    },
    async relayBackends(which) {
      const rows = await asAdmin<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity a WHERE application_name = $1
         AND ($2 OR EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.granted))`,
        [`${schema}:outbox-relay`, which === 'all'],
      );
      return rows.map(({ pid }) => pid);
    },
    async endBackend(pid) {
      await asAdmin('SELECT pg_terminate_backend($1, 5000)', [pid]);
    },
    async clear() {
      await asAdmin('TRUNCATE outbox, entity');
    },
    async dispose() {
      for (const dataSource of opened) if (dataSource.isInitialized) await dataSource.destroy();
      await asAdmin(`DROP SCHEMA "${schema}" CASCADE`);
      for (const role of [appRole, ownerRole]) {
        await asAdmin(`DROP OWNED BY "${role}" CASCADE`);
        await asAdmin(`DROP ROLE "${role}"`);
      }
      await admin.destroy();
    },
  };
}
