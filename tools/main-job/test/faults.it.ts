import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { defaultFaults, Fleet, isProven, loadSeries, Random, shippedDataFolder } from '@myelin/fleet-simulator';
import { events } from '@myelin/contracts';
import { uuidv7 } from '@myelin/kernel';
import { createKafkaAdmin } from '@myelin/messaging';
import { createDataSource } from '@myelin/persistence';
import { waitFor } from '@myelin/testing';
import { startSystem, type System } from '../src/index.js';

let system: System;
const said: string[] = [];

beforeAll(async () => {
  // Its own servers, because these tests stop them.
  for (const name of ['KAFKA_BROKERS', 'DATABASE_URL', 'OIDC_ISSUER']) delete process.env[name];
  system = await startSystem({
    freePorts: true,
    env: process.env,
    progress: () => undefined,
    onUnexpectedExit: (service, how) => void said.push(`${service}: ${how}`),
  });
}, 180_000);

afterAll(async () => {
  await system?.stop();
}, 60_000);

async function newFleet(): Promise<Fleet> {
  const tenant = `t-${uuidv7().slice(-8)}`;
  const fleet = new Fleet({
    gatewayUrl: system.url('ingest-gateway'),
    registryUrl: system.url('device-registry'),
    telemetryUrl: system.url('telemetry'),
    token: () => system.stack.operatorToken(tenant),
    tenant,
    prefix: 'dev',
    devices: 60,
    intervalMs: 200,
    faults: { ...defaultFaults, duplicates: 0.05, lostAcknowledgements: 0.05, clockSkewMs: 2_000 },
    seed: 7,
    series: await loadSeries(shippedDataFolder),
  });
  await fleet.register();
  fleet.start();
  return fleet;
}

/** Drains, reads everything back, and expects that every promise was kept. */
async function expectProven(fleet: Fleet, minimumAccepted: number): Promise<void> {
  await system.ready(60_000);
  expect(await fleet.drain(60_000)).toBe(true);
  const report = await fleet.proof(60_000);
  await fleet.close();
  expect({ proven: isProven(report), findings: report.findings }).toEqual({ proven: true, findings: [] });
  expect(report.stored).toBe(report.accepted);
  expect(report.accepted).toBeGreaterThan(minimumAccepted);
}

/** Changes stored rows behind the service's back. */
async function tamper(sql: string): Promise<number> {
  const database = createDataSource({
    url: system.stack.databaseUrl,
    schema: 'telemetry',
    entities: [],
    migrations: [],
    applicationName: 'tamper',
    poolSize: 1,
  });
  await database.initialize();
  try {
    const rows: unknown = await database.query(`WITH changed AS (${sql} RETURNING 1) SELECT 1 FROM changed`);
    return (rows as unknown[]).length;
  } finally {
    await database.destroy();
  }
}

test('every consumer group on the broker, private table readers aside, is one that a contract declares', async () => {
  const admin = createKafkaAdmin({ brokers: system.stack.brokers, clientId: 'test' });
  const shared = async (): Promise<string[]> =>
    (await admin.listGroups()).filter((group) => !group.startsWith('private.'));
  // A service is ready before its consumers have joined.
  await waitFor(async () => (await shared()).length > 0, { timeoutMs: 30_000, what: 'a group joins' });
  const groups = await shared();
  await admin.close();
  const declared = events.flatMap(({ consumers }) =>
    consumers.flatMap((consumer) => (consumer.kind === 'group' ? [consumer.group] : [])),
  );
  expect(declared).toEqual(expect.arrayContaining(groups));
});

describe('the proof', () => {
  test('fails for one row that was deleted, one that was doubled and one that was altered in the database', async () => {
    const fleet = await newFleet();
    await delay(2_000);
    expect(await fleet.drain(60_000)).toBe(true);
    expect(isProven(await fleet.proof(60_000))).toBe(true);
    const oneRow = (at: number): string =>
      `SELECT m.device_index, m.ts, m.fingerprint FROM measurement m JOIN device d ON d.index = m.device_index
       WHERE d.tenant = '${fleet.tenant}' ORDER BY m.ts, m.device_index OFFSET ${at} LIMIT 1`;

    expect(await tamper(`DELETE FROM measurement WHERE (device_index, ts, fingerprint) IN (${oneRow(0)})`)).toBe(1);
    expect(await fleet.proof(0)).toMatchObject({ lost: 1, doubled: 0, altered: 0 });

    expect(
      await tamper(
        `INSERT INTO measurement SELECT device_index, ts, received_at, seq, gen_random_uuid(), 0, class, boot, out_of_range, "values"
         FROM measurement WHERE (device_index, ts, fingerprint) IN (${oneRow(0)})`,
      ),
    ).toBe(1);
    expect(await fleet.proof(0)).toMatchObject({ lost: 1, doubled: 1, altered: 0 });

    expect(
      await tamper(
        `UPDATE measurement SET "values" = jsonb_set("values", '{battery}', '-1')
         WHERE (device_index, ts, fingerprint) IN (${oneRow(5)})`,
      ),
    ).toBe(1);
    const report = await fleet.proof(0);
    expect(report).toMatchObject({ lost: 1, doubled: 1, altered: 1 });
    expect(isProven(report)).toBe(false);
    await fleet.close();
  }, 120_000);
});

describe('nothing acknowledged is lost and nothing is doubled', () => {
  test.each(['ingest-gateway', 'telemetry', 'device-registry'] as const)(
    'while %s is killed five times at random moments under load',
    async (name) => {
      const fleet = await newFleet();
      const random = new Random(Date.now());
      const service = system.services.get(name);
      said.length = 0;
      for (let i = 0; i < 5; i += 1) {
        await delay(random.between(300, 2_500));
        service?.kill('SIGKILL');
        await service?.ready(60_000);
      }
      expect(said).toEqual(Array.from({ length: 5 }, () => `${name}: SIGKILL`));
      await expectProven(fleet, 1_000);
    },
    180_000,
  );

  test('while Kafka is away for 20 s, and the gateway refuses meanwhile instead of accepting', async () => {
    const fleet = await newFleet();
    await delay(2_000);
    const [node] = system.stack.parts.kafka?.nodes ?? [];
    await node?.stop();
    const acceptedAtStop = fleet.ledger.accepted;
    await delay(20_000);
    expect(fleet.ledger.accepted - acceptedAtStop).toBeLessThan(200);
    expect(fleet.ledger.unanswered).toBeGreaterThan(0);
    await node?.start();
    await expectProven(fleet, 1_000);
  }, 180_000);

  test('while PostgreSQL is away for 20 s, and devices do not notice', async () => {
    const fleet = await newFleet();
    await delay(2_000);
    await system.stack.parts.postgres?.pause();
    const acceptedAtStop = fleet.ledger.accepted;
    await delay(20_000);
    expect(fleet.ledger.accepted).toBeGreaterThan(acceptedAtStop + 2_000);
    await system.stack.parts.postgres?.start();
    await expectProven(fleet, 5_000);
  }, 180_000);
});
