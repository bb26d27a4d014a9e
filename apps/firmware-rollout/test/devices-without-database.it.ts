import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type DeviceClient, Fleet, RegistryWriter, linksOf } from './devices-fixture.js';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';

let fixture: FirmwareFixture;
let registry: RegistryWriter;
let admin: Client;
beforeAll(async () => {
  fixture = await startFixture({ ENGINE_INTERVAL: '50ms' });
  registry = await RegistryWriter.connect(fixture.kafka.settings);
  admin = new Client({ connectionString: fixture.database.adminUrl, application_name: 'test-locks-out' });
  await admin.connect();
}, 120_000);
afterAll(async () => {
  await admin?.end();
  await registry?.close();
  await fixture?.dispose();
}, 60_000);

/** As if PostgreSQL were away, for this service alone. */
async function lockOut(how = 'CONNECTION LIMIT 0'): Promise<void> {
  const { appRole } = fixture.database;
  await admin.query(`ALTER ROLE "${appRole}" ${how}`);
  await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [appRole]);
}

const seen = async (device: DeviceClient): Promise<readonly [number, string[]]> => {
  const root = await device.poll();
  return [root.status, Object.keys(linksOf(root)).sort()];
};

test('whoever asks is answered as before while there is no database, whatever is known of it', async () => {
  const fleet = await Fleet.of(fixture, registry);
  const [offered, updated, idle] = [
    await fleet.device('offered'),
    await fleet.device('updated'),
    await fleet.device('idle'),
  ];
  await idle.send('PUT', '/configData', '{"data":{"hwRevision":"1.0"}}');
  await idle.unlinked('configData');
  const rollout = await fleet.rollout(await fleet.release(randomBytes(1_000), '2.0.0'), '2.0.0');
  const id = await updated.offered();
  await updated.feedback(id, ['closed', 'success']);
  await updated.unlinked('deploymentBase');
  await fleet.happens(rollout, 'idle', { kind: 'end-of-device', reason: 'device-retired' });
  await idle.unlinked('deploymentBase');
  await offered.offered();
  const tag = (await idle.poll()).headers.get('etag') ?? '';

  await lockOut();
  for (let count = 0; count < 20; count += 1) {
    expect(await seen(offered)).toEqual([200, ['configData', 'deploymentBase']]);
    expect(await seen(updated)).toEqual([200, ['configData', 'installedBase']]);
    expect(await seen(idle)).toEqual([200, []]);
    expect((await idle.poll({ 'if-none-match': tag })).status).toBe(304);
  }
  const refused = await offered.feedback(await offered.offered(), ['closed', 'success']);
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).not.toBeNull();

  await admin.query(`ALTER ROLE "${fixture.database.appRole}" CONNECTION LIMIT -1`);
  expect(await fleet.stateOf(rollout, 'offered')).toBe('offered');
  expect((await offered.feedback(await offered.offered(), ['closed', 'success'])).status).toBe(200);
}, 90_000);

test('a database that refuses the login is one to come again for, and nothing is lost by it', async () => {
  const fleet = await Fleet.of(fixture, registry);
  const device = await fleet.device('dev1');
  await fleet.rollout(await fleet.release(randomBytes(1_000), '2.0.0'), '2.0.0');
  const id = await device.offered();
  await lockOut('NOLOGIN');
  const refused = await device.feedback(id, ['closed', 'success']);
  await admin.query(`ALTER ROLE "${fixture.database.appRole}" LOGIN`);
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).not.toBeNull();
  expect((await device.feedback(id, ['closed', 'success'])).status).toBe(200);
}, 90_000);
