import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ServiceProcess } from '@myelin/main-job';
import { provisionServiceDatabase } from '@myelin/persistence';
import type { Client } from 'pg';
import type { Lab } from './harness/bench.js';
import { BenchmarksError } from './harness/benchmarks.errors.js';
import { authorizationOf, pathOf } from './polling-fleet.js';
import { createTopics } from './registered-devices.js';
import { connected } from './telemetry-stand.js';

/** Kafka and PostgreSQL, and the firmware-rollout service when it is asked for. */
export interface PollingStand {
  readonly brokers: readonly string[];
  /** A superuser's; the search path is the service's schema. */
  readonly database: Client;
  start(): Promise<ServiceProcess>;
}

const name = 'firmware-rollout';
const schema = 'firmware_rollout';
const patienceMs = 1_800_000;

/** @throws BenchmarksError, LocalStackError, PersistenceError */
export async function openPollingStand(lab: Lab): Promise<PollingStand> {
  const stack = await lab.servers.stack();
  const brokers = (stack.env['KAFKA_BROKERS'] ?? '').split(',');
  await createTopics(brokers);
  const adminUrl = stack.env['DATABASE_URL'] ?? '';
  const { ownerUrl, appUrl } = await provisionServiceDatabase({
    ...{ adminUrl, service: schema },
    ownerPassword: randomBytes(18).toString('base64url'),
    appPassword: randomBytes(18).toString('base64url'),
  });
  await migrate(ownerUrl, appUrl);
  const database = await connected(lab, `${adminUrl}?options=${encodeURIComponent(`-c search_path=${schema}`)}`);
  const env = {
    ...{ KAFKA_BROKERS: brokers.join(','), DATABASE_URL: appUrl, OIDC_ISSUER: stack.env['OIDC_ISSUER'] ?? '' },
    ...{ LOG_LEVEL: 'warn', KAFKA_SESSION_TIMEOUT: '6s' },
  };
  return { brokers, database, start: () => lab.servers.service({ name, env }) };
}

async function migrate(ownerUrl: string, appUrl: string): Promise<void> {
  const program = fileURLToPath(new URL(`../../../apps/${name}/dist/migrate.js`, import.meta.url));
  const own = { DATABASE_OWNER_URL: ownerUrl, DATABASE_URL: appUrl, DATABASE_SCHEMA: schema };
  await promisify(execFile)(process.execPath, [program], { env: { PATH: process.env['PATH'] ?? '', ...own } });
}

/** Until the service has taken over what the registry says of every device. */
export async function untilStored(database: Client, devices: number): Promise<void> {
  const stored = async (): Promise<boolean> => {
    const { rows } = await database.query<{ stored: number }>('SELECT count(*)::float8 AS stored FROM device');
    return (rows[0]?.stored ?? 0) >= devices;
  };
  await until(stored, 'the service has not stored every device');
}

/** Until the service lets the last device in. */
export async function untilKnown({ url }: ServiceProcess, lastIndex: number): Promise<void> {
  const known = async (): Promise<boolean> => {
    const response = await fetch(url + pathOf(lastIndex), { headers: { authorization: authorizationOf(lastIndex) } });
    await response.arrayBuffer();
    return response.status === 200;
  };
  await until(known, 'the service does not know the last device');
}

async function until(condition: () => Promise<boolean>, otherwise: string): Promise<void> {
  for (const end = Date.now() + patienceMs; Date.now() < end; await delay(500)) if (await condition()) return;
  throw BenchmarksError.permanent('benchmarks.run-failed', otherwise);
}
