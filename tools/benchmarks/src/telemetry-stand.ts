import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gatewayTickedV1, measurementReportedV1 } from '@myelin/contracts';
import type { Stack } from '@myelin/local-stack';
import type { ServiceProcess } from '@myelin/main-job';
import { createKafkaAdmin, topicPlans } from '@myelin/messaging';
import { provisionServiceDatabase } from '@myelin/persistence';
import { Client } from 'pg';
import type { Lab } from './harness/bench.js';

/** Kafka, PostgreSQL with the telemetry service's schema, and the service when it is asked for. */
export interface TelemetryStand {
  readonly stack: Stack;
  readonly brokers: readonly string[];
  /** A superuser's; the search path is the service's schema. */
  readonly database: Client;
  /** As {@link database}, for programs. */
  readonly databaseUrl: string;
  start(env?: Readonly<Record<string, string>>): Promise<ServiceProcess>;
}

const schema = 'telemetry';

/** @throws BenchmarksError, LocalStackError, PersistenceError */
export async function openTelemetryStand(lab: Lab): Promise<TelemetryStand> {
  const stack = await lab.servers.stack();
  const brokers = (stack.env['KAFKA_BROKERS'] ?? '').split(',');
  const admin = createKafkaAdmin({ brokers, clientId: 'benchmarks' });
  await admin.ensureTopics(topicPlans([measurementReportedV1, gatewayTickedV1]), { replicationFactor: 1 });
  await admin.close();
  const adminUrl = stack.env['DATABASE_URL'] ?? '';
  const { ownerUrl, appUrl } = await provisionServiceDatabase({
    adminUrl,
    service: schema,
    ownerPassword: randomBytes(18).toString('base64url'),
    appPassword: randomBytes(18).toString('base64url'),
  });
  await migrate(ownerUrl);
  const databaseUrl = `${adminUrl}?options=${encodeURIComponent(`-c search_path=${schema}`)}`;
  const database = await connected(lab, databaseUrl);
  const common = {
    KAFKA_BROKERS: brokers.join(','),
    DATABASE_URL: appUrl,
    OIDC_ISSUER: stack.env['OIDC_ISSUER'] ?? '',
    LOG_LEVEL: 'warn',
    KAFKA_SESSION_TIMEOUT: '6s',
  };
  return {
    ...{ stack, brokers, database, databaseUrl },
    start: (env = {}) => lab.servers.service({ name: schema, env: { ...common, ...env } }),
  };
}

async function migrate(ownerUrl: string): Promise<void> {
  const program = fileURLToPath(new URL('../../../apps/telemetry/dist/migrate.js', import.meta.url));
  const env = { PATH: process.env['PATH'] ?? '', DATABASE_OWNER_URL: ownerUrl, DATABASE_SCHEMA: schema };
  await promisify(execFile)(process.execPath, [program], { env });
}

/** The connection may break and be made anew: a bench stops the database. */
export async function connected(lab: Pick<Lab, 'defer'>, connectionString: string): Promise<Client> {
  const client = new Client({ connectionString });
  client.on('error', () => undefined);
  await client.connect();
  lab.defer(() => client.end().catch(() => undefined));
  return client;
}

export interface StoredCounts {
  /** Records of the topic that are done with. */
  readonly position: number;
  readonly stored: number;
  readonly duplicates: number;
}

/** Every record of these benches is one measurement. */
export async function storedCounts(database: Client): Promise<StoredCounts> {
  const { rows } = await database.query<{ position: number; stored: number; duplicates: number }>(
    `SELECT (SELECT coalesce(sum(next_offset), 0)::float8 FROM position) AS position,
       coalesce(sum(stored), 0)::float8 AS stored, coalesce(sum(duplicates), 0)::float8 AS duplicates FROM device`,
  );
  return rows[0] as StoredCounts;
}

export async function storedPosition(database: Client): Promise<number> {
  const { rows } = await database.query<{ position: number }>(
    'SELECT coalesce(sum(next_offset), 0)::float8 AS position FROM position',
  );
  return rows[0]?.position ?? 0;
}
