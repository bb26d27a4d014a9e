import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { installationStateV1 } from '@myelin/contracts';
import { createTableReader } from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';
import { waitFor } from '@myelin/testing';
import { type DeviceClient, Fleet, RegistryWriter, actionIdOf, linksOf } from './devices-fixture.js';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';

const firmware = randomBytes(1_000);
let fixture: FirmwareFixture;
let registry: RegistryWriter;
beforeAll(async () => {
  fixture = await startFixture({ ENGINE_INTERVAL: '50ms' });
  registry = await RegistryWriter.connect(fixture.kafka.settings);
}, 120_000);
afterAll(async () => {
  await registry?.close();
  await fixture?.dispose();
}, 60_000);

interface Offered {
  readonly fleet: Fleet;
  readonly release: string;
  readonly rollout: string;
  readonly device: DeviceClient;
  readonly id: string;
}

/** One device of a tenant of its own that has begun to install. */
async function installing(timeoutMs = 600_000): Promise<Offered> {
  const fleet = await Fleet.of(fixture, registry);
  const device = await fleet.device('dev1');
  const release = await fleet.release(firmware, '2.0.0');
  const settings = { advance: [], pause: [], speed: { kind: 'constant', perMinute: 60_000 }, timeoutMs } as const;
  const rollout = await fleet.rollout(release, '2.0.0', { settings });
  const id = await device.offered();
  expect((await device.feedback(id, ['proceeding', 'none'])).status).toBe(200);
  return { fleet, release, rollout, device, id };
}

async function cancelled(offered: Offered): Promise<void> {
  const { fleet, rollout, device, id } = offered;
  const cancel = { kind: 'cancel', cause: 'operator', timeoutMs: 600_000, by: 'operator:ada' } as const;
  await fleet.happens(rollout, 'dev1', cancel);
  await device.linked('cancelAction');
  expect((await device.feedback(id, ['closed', 'success'], { on: 'cancelAction' })).status).toBe(200);
  expect(await fleet.stateOf(rollout, 'dev1')).toBe('cancelled');
}

/** What the service believes that the device runs: the version that plans are made on. */
async function believed({ fleet }: Offered): Promise<string | undefined> {
  const sql = 'SELECT installed_version, doubted_action FROM installation WHERE tenant = $1';
  const [row] = await fixture.database.dataSource.query<
    { installed_version: string | null; doubted_action: number | null }[]
  >(sql, [fleet.tenant]);
  return row === undefined || row.doubted_action !== null ? undefined : (row.installed_version ?? undefined);
}

async function history({ fleet, rollout }: Offered): Promise<readonly Record<string, unknown>[]> {
  const viewer = await fixture.as(fleet.tenant);
  const { body } = await viewer.get(`/v1/rollouts/${rollout}/assignments/dev1`);
  return body['history'] as Record<string, unknown>[];
}

/** A rollout of the same firmware leaves a device out that is known to run it. */
async function leavesOut({ fleet, release }: Offered): Promise<void> {
  const again = await fleet.rollout(release, '2.0.0');
  await waitFor(async () => (await fleet.stateOf(again, 'dev1')) === 'skipped', {
    ...{ timeoutMs: 60_000, what: 'the device to be left out' },
  });
}

const succeed = ({ device, id }: Offered, details: string[] = []) =>
  device.feedback(id, ['closed', 'success'], { details });

describe('a success of an action that is over', () => {
  test('is answered 410, and what the device runs is known everywhere: it acknowledged the cancel after it had installed', async () => {
    const offered = await installing();
    const { device, fleet, id, rollout } = offered;
    await cancelled(offered);
    await device.unlinked('cancelAction');
    expect(await believed(offered)).toBeUndefined();
    expect((await succeed(offered, ['Update Installed.'])).status).toBe(410);
    expect(await fleet.stateOf(rollout, 'dev1')).toBe('cancelled');
    expect(await believed(offered)).toBe('2.0.0');
    expect(actionIdOf(await device.linked('installedBase'))).toBe(id);
    expect(await device.get(`/installedBase/${id}`)).toMatchObject({ status: 200, body: { id } });
    const [latest] = await history(offered);
    expect(latest).toMatchObject({
      ...{ kind: 'report', report: 'succeeded', from: 'cancelled', to: 'cancelled' },
      ...{ action: Number(id), attempt: 1, messages: ['Update Installed.'] },
    });
    await leavesOut(offered);
    const states = new Map<string, string>();
    const reader = createTableReader(
      fixture.kafka.settings,
      { contract: installationStateV1, onRecord: (key, state) => void states.set(key, state?.state ?? '') },
      silentLogger,
    );
    await reader.start();
    const isTold = (): boolean => states.get(`${fleet.tenant}/dev1`) === 'installed';
    await waitFor(isTold, { timeoutMs: 60_000, what: 'the installation to be told' });
    await reader.close();
  });

  test('is heard when its time was up, and however often it is said it is recorded once', async () => {
    const offered = await installing(300);
    const { device, fleet, rollout } = offered;
    await waitFor(async () => (await fleet.stateOf(rollout, 'dev1')) === 'failed', {
      ...{ timeoutMs: 60_000, what: 'the time to be up' },
    });
    await device.unlinked('cancelAction');
    expect(await believed(offered)).toBeUndefined();
    expect((await succeed(offered)).status).toBe(410);
    const recorded = await history(offered);
    for (let count = 0; count < 5; count += 1) expect((await succeed(offered)).status).toBe(410);
    expect(await history(offered)).toEqual(recorded);
    expect(await believed(offered)).toBe('2.0.0');
    expect(await fleet.stateOf(rollout, 'dev1')).toBe('failed');
  });

  test('is heard when it had failed, and when another attempt has taken its place', async () => {
    const offered = await installing();
    const { device, fleet, rollout, id } = offered;
    await device.feedback(id, ['closed', 'failure']);
    await device.unlinked('deploymentBase');
    await fleet.happens(rollout, 'dev1', { kind: 'retry', by: 'operator:ada' });
    const second = await device.offered();
    expect((await succeed(offered)).status).toBe(410);
    expect(await believed(offered)).toBe('2.0.0');
    expect(await fleet.stateOf(rollout, 'dev1')).toBe('offered');
    expect((await history(offered))[0]).toMatchObject({ attempt: 1, action: Number(id), to: 'offered' });
    await waitFor(async () => actionIdOf(linksOf(await device.poll())['installedBase']?.href ?? '') === id, {
      ...{ timeoutMs: 60_000, what: 'the first action to be the installed one' },
    });
    expect(await device.get(`/installedBase/${id}`)).toMatchObject({ status: 200, body: { id } });
    expect((await device.feedback(second, ['closed', 'success'])).status).toBe(200);
  });

  test('of another tenant, or of a device that is retired, is not heard', async () => {
    const offered = await installing();
    const stranger = await installing();
    await cancelled(offered);
    expect((await stranger.device.feedback(offered.id, ['closed', 'success'])).status).toBe(404);
    expect(await believed(offered)).toBeUndefined();
    await registry.lifecycle(offered.device.of, 'retired');
    await waitFor(async () => (await offered.device.poll()).status === 403, {
      ...{ timeoutMs: 60_000, what: 'the retired device to be refused' },
    });
    expect((await succeed(offered)).status).toBe(403);
    expect(await believed(offered)).toBeUndefined();
  });
});

describe('a failure of an action that is over', () => {
  test('of one that had succeeded takes back what it runs; the state stays', async () => {
    const offered = await installing();
    const { device, fleet, rollout, id } = offered;
    expect((await succeed(offered)).status).toBe(200);
    await device.linked('installedBase');
    expect((await device.feedback(id, ['closed', 'failure'], { details: ['fell back'] })).status).toBe(410);
    expect(await believed(offered)).toBeUndefined();
    await device.unlinked('installedBase');
    expect(await fleet.stateOf(rollout, 'dev1')).toBe('succeeded');
    expect((await history(offered))[0]).toMatchObject({ report: 'failed', messages: ['fell back'] });
  });

  test('of one that was cancelled ends the doubt: it runs what it ran', async () => {
    const offered = await installing();
    const { device, fleet } = offered;
    expect((await succeed(offered)).status).toBe(200);
    await device.unlinked('deploymentBase');
    const newer = await fleet.rollout(await fleet.release(randomBytes(1_000), '3.0.0'), '3.0.0');
    const id = await device.offered();
    expect((await device.feedback(id, ['proceeding', 'none'])).status).toBe(200);
    await cancelled({ ...offered, rollout: newer, id });
    expect(await believed(offered)).toBeUndefined();
    expect((await device.feedback(id, ['closed', 'failure'])).status).toBe(410);
    expect(await believed(offered)).toBe('2.0.0');
  });
});

describe('a device that says by name what it runs', () => {
  const say = ({ device }: Offered, name: string, version: string) =>
    device.send('PUT', '/installedBase', JSON.stringify({ name, version }));

  test('is believed: 201 what is new, 200 what is known, 404 what is no release; words of before say nothing then', async () => {
    const offered = await installing();
    const { release, device } = offered;
    const older = await offered.fleet.release(randomBytes(1_000), '1.0.0');
    await cancelled(offered);
    expect(await say(offered, older, '1.0.0')).toMatchObject({ status: 201, text: '' });
    expect(await believed(offered)).toBe('1.0.0');
    expect(await say(offered, older, '1.0.0')).toMatchObject({ status: 200, text: '' });
    expect((await say(offered, older, '9.9.9')).status).toBe(404);
    expect((await say(offered, 'unheard-of', '1.0.0')).status).toBe(404);
    expect(await device.send('PUT', '/installedBase', '{"name":"x"}')).toMatchObject({
      ...{ status: 400, body: { info: { pointer: '/version' } } },
    });
    expect((await succeed(offered)).status).toBe(410);
    expect(await believed(offered)).toBe('1.0.0');
    expect((await say(offered, release, '2.0.0')).status).toBe(201);
    await leavesOut(offered);
  });
});
