import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunningService } from '@myelin/service-kit';
import { type ApiClient, waitFor } from '@myelin/testing';
import { DeviceClient, Fleet, RegistryWriter } from './devices-fixture.js';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';

let fixture: FirmwareFixture;
let registry: RegistryWriter;
let fleet: Fleet;
let viewer: ApiClient;
let other: RunningService;
beforeAll(async () => {
  fixture = await startFixture({ ENGINE_INTERVAL: '50ms', LAST_SEEN_WRITE: '100ms' });
  other = await fixture.another();
  registry = await RegistryWriter.connect(fixture.kafka.settings);
  fleet = await Fleet.of(fixture, registry);
  viewer = await fixture.as(fleet.tenant, 'viewer');
}, 120_000);
afterAll(async () => {
  await registry?.close();
  await other?.close();
  await fixture?.dispose();
}, 60_000);

const stateOf = async (device: string): Promise<Record<string, unknown>> =>
  (await viewer.get(`/v1/devices/${device}/update-state`)).body;

const storedMs = async (device: string): Promise<number | undefined> => {
  const sql = 'SELECT seen_at FROM device_seen WHERE tenant = $1 AND device = $2';
  const rows = await fixture.database.dataSource.query<{ seen_at: Date }[]>(sql, [fleet.tenant, device]);
  return rows[0]?.seen_at.getTime();
};

/** Nothing of it is on its way from memory to the database any more. */
async function written(device: DeviceClient): Promise<void> {
  const pollMs = Date.now();
  await device.poll();
  const isWritten = async (): Promise<boolean> => ((await storedMs(device.of.device)) ?? 0) >= pollMs;
  await waitFor(isWritten, { timeoutMs: 30_000, what: 'the poll to be written' });
}

test('what a device is told and runs, what it is, and when it was heard, is read in one answer', async () => {
  const device = await fleet.device('told');
  await device.send('PUT', '/configData', '{"data":{"hwRevision":"1.0"}}');
  const release = await fleet.release(randomBytes(1_000), '2.0.0');
  const before = await stateOf('told');
  expect(before).toMatchObject({
    ...{ device: 'told', overdue: false, told: { shown: 'nothing', wantsAttributes: false } },
    ...{ attributes: { hwRevision: '1.0' } },
  });
  expect(before['runs']).toBeUndefined();
  expect(before['pollingIntervalMs']).toBeGreaterThanOrEqual(270_000);
  await fleet.rollout(release, '2.0.0', { target: { devices: ['told'] } });
  const action = await device.offered();
  const pollMs = Date.now();
  await device.poll();
  const offered = await stateOf('told');
  expect(offered['told']).toEqual({
    ...{ shown: 'deployment', action: Number(action), mode: 'forced', wantsAttributes: false },
  });
  expect(Date.parse(String(offered['lastSeen']))).toBeGreaterThanOrEqual(pollMs);
  await device.feedback(action, ['closed', 'success']);
  expect(await stateOf('told')).toMatchObject({ told: { shown: 'nothing' }, runs: { release, version: '2.0.0' } });
});

test('a device that was never heard is not overdue; one of another tenant, or of nobody, is not there', async () => {
  await registry.device(fleet.tenant, 'silent');
  const known = async (): Promise<boolean> => (await viewer.get('/v1/devices/silent/update-state')).status === 200;
  await waitFor(known, { timeoutMs: 30_000, what: 'the device to be known' });
  const silent = await stateOf('silent');
  expect([silent['lastSeen'], silent['overdue']]).toEqual([undefined, false]);
  const stranger = await fixture.as('globex', 'viewer');
  for (const [client, device] of [[stranger, 'silent'] as const, [viewer, 'nobody'] as const]) {
    const answer = await client.get(`/v1/devices/${device}/update-state`);
    expect([answer.status, answer.body['type']]).toEqual([404, 'urn:myelin:problem:device-not-found']);
  }
});

test('what one process heard, every process tells', async () => {
  const device = await fleet.device('roams');
  const elsewhere = new DeviceClient(other.url, device.of);
  await waitFor(async () => (await elsewhere.poll()).status === 200, { timeoutMs: 60_000, what: 'the other process' });
  const pollMs = Date.now();
  await elsewhere.poll();
  const isTold = async (): Promise<boolean> => Date.parse(String((await stateOf('roams'))['lastSeen'])) >= pollMs;
  await waitFor(isTold, { timeoutMs: 30_000, what: 'the first process to tell of it' });
});

test('a device is overdue when its interval and five minutes are over, until it is heard again', async () => {
  const device = await fleet.device('late');
  await written(device);
  const set = (ago: string): Promise<unknown> =>
    fixture.database.dataSource.query(
      'UPDATE device_seen SET seen_at = now() - $3::interval WHERE tenant = $1 AND device = $2',
      [fleet.tenant, 'late', ago],
    );
  await set('9 minutes');
  expect((await stateOf('late'))['overdue']).toBe(false);
  await set('12 minutes');
  expect((await stateOf('late'))['overdue']).toBe(true);
  await device.poll();
  expect((await stateOf('late'))['overdue']).toBe(false);
});

test('what a clock that was ahead left behind gives way to what is heard now', async () => {
  const device = await fleet.device('future');
  await written(device);
  await fixture.database.dataSource.query(
    "UPDATE device_seen SET seen_at = now() + interval '1 day' WHERE tenant = $1 AND device = 'future'",
    [fleet.tenant],
  );
  await device.poll();
  const isNow = async (): Promise<boolean> => ((await storedMs('future')) ?? Infinity) <= Date.now();
  await waitFor(isNow, { timeoutMs: 30_000, what: 'the right time' });
});
