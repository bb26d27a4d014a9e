import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type DeviceClient, Fleet, RegistryWriter, actionIdOf, linksOf } from './devices-fixture.js';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';

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

interface Asked {
  readonly fleet: Fleet;
  readonly rollout: string;
  readonly device: DeviceClient;
}

async function asked(before: (device: DeviceClient) => Promise<unknown> = async () => undefined): Promise<Asked> {
  const fleet = await Fleet.of(fixture, registry);
  const device = await fleet.device('dev1');
  await before(device);
  const release = await fleet.release(randomBytes(1_000), '2.0.0');
  const rollout = await fleet.rollout(release, '2.0.0', { needsConfirmation: true });
  return { fleet, rollout, device };
}

const answer = (device: DeviceClient, id: string, confirmation: string, details: string[] = []) =>
  device.send('POST', `/confirmationBase/${id}/feedback`, JSON.stringify({ confirmation, code: 10, details }));
const activate = (device: DeviceClient, body?: object) =>
  device.send('POST', '/confirmationBase/activateAutoConfirm', body && JSON.stringify(body));

describe('a device that has to agree', () => {
  test('is asked, with all that it would be told, and told nothing before it agrees', async () => {
    const { fleet, rollout, device } = await asked();
    const href = await device.linked('confirmationBase');
    const id = actionIdOf(href);
    expect(href).toMatch(new RegExp(`^${device.base}/confirmationBase/${id}\\?c=-?\\d+$`));
    expect(linksOf(await device.poll())['deploymentBase']).toBeUndefined();
    expect(await fleet.stateOf(rollout, 'dev1')).toBe('unconfirmed');
    const base = await device.get('/confirmationBase');
    expect(base.body).toEqual({
      autoConfirm: { active: false },
      _links: {
        activateAutoConfirm: { href: `${device.base}/confirmationBase/activateAutoConfirm` },
        confirmationBase: { href },
      },
    });
    const details = await device.get(`${href}&actionHistory=1`);
    expect(details).toMatchObject({
      status: 200,
      body: { id, confirmation: { download: 'forced', update: 'forced', chunks: [{ version: '2.0.0' }] } },
    });
    expect(details.body['actionHistory']).toMatchObject({ status: 'WAIT_FOR_CONFIRMATION' });
    expect((await device.get(`/deploymentBase/${id}`)).status).toBe(404);
    expect((await device.feedback(id, ['closed', 'success'])).status).toBe(404);
    const { body } = await (await fixture.as(fleet.tenant)).get(`/v1/rollouts/${rollout}`);
    expect(body['progress']).toMatchObject([{ counts: [{ state: 'unconfirmed', devices: 1 }] }]);
  });

  test('is asked on when it denies, and told when it confirms; each may be said twice', async () => {
    const { fleet, rollout, device } = await asked();
    const id = actionIdOf(await device.linked('confirmationBase'));
    expect(await answer(device, id, 'denied', ['not while it rains'])).toMatchObject({ status: 200, text: '' });
    expect((await answer(device, id, 'denied')).status).toBe(200);
    expect(actionIdOf(await device.linked('confirmationBase'))).toBe(id);
    const details = await device.get(`/confirmationBase/${id}?actionHistory=5`);
    expect(details.body['actionHistory']).toMatchObject({ messages: ['not while it rains'] });
    expect((await answer(device, id, 'confirmed')).status).toBe(200);
    expect((await answer(device, id, 'confirmed')).status).toBe(200);
    expect(await device.offered()).toBe(id);
    expect(linksOf(await device.poll())['confirmationBase']).toBeUndefined();
    expect((await device.get(`/confirmationBase/${id}`)).status).toBe(404);
    expect((await answer(device, id, 'denied')).status).toBe(404);
    expect((await device.feedback(id, ['closed', 'success'])).status).toBe(200);
    expect((await answer(device, id, 'confirmed')).status).toBe(410);
    expect(await fleet.stateOf(rollout, 'dev1')).toBe('succeeded');
  });

  test('is not asked any more when an operator cancels, and what it answers then comes too late', async () => {
    const { fleet, rollout, device } = await asked();
    const id = actionIdOf(await device.linked('confirmationBase'));
    await fleet.happens(rollout, 'dev1', { kind: 'cancel', cause: 'operator', timeoutMs: 600_000, by: 'operator:ada' });
    expect(await fleet.stateOf(rollout, 'dev1')).toBe('cancelled');
    await device.unlinked('confirmationBase');
    expect((await answer(device, id, 'confirmed')).status).toBe(410);
    expect(await fleet.stateOf(rollout, 'dev1')).toBe('cancelled');
  });

  test('answers for itself alone, and in words that are known', async () => {
    const { fleet, rollout, device } = await asked();
    const id = actionIdOf(await device.linked('confirmationBase'));
    const stranger = await (await Fleet.of(fixture, registry)).device('dev1');
    for (const other of [stranger, await fleet.device('dev2')]) {
      expect((await answer(other, id, 'confirmed')).status).toBe(404);
      expect((await other.get(`/confirmationBase/${id}`)).status).toBe(404);
    }
    expect(await answer(device, id, 'perhaps')).toMatchObject({
      ...{ status: 400, body: { info: { pointer: '/confirmation' } } },
    });
    expect(await activate(device, { initiator: 7 })).toMatchObject({
      ...{ status: 400, body: { info: { pointer: '/initiator' } } },
    });
    expect((await activate(device, { remark: 'x'.repeat(513) })).status).toBe(400);
    expect(await fleet.stateOf(rollout, 'dev1')).toBe('unconfirmed');
  });
});

describe('a device that agrees to everything', () => {
  test('is told at once, until that is taken back', async () => {
    const { device } = await asked(async (new1) => {
      const said = { initiator: 'operator-1', remark: 'lab device' };
      expect(await activate(new1, said)).toMatchObject({ status: 200, text: '' });
      expect((await activate(new1)).status).toBe(409);
      const { body } = await new1.get('/confirmationBase');
      expect(body).toEqual({
        autoConfirm: { active: true, ...said, activatedAt: expect.any(Number) },
        _links: { deactivateAutoConfirm: { href: `${new1.base}/confirmationBase/deactivateAutoConfirm` } },
      });
    });
    const id = await device.offered();
    const deactivate = () => device.send('POST', '/confirmationBase/deactivateAutoConfirm');
    expect((await deactivate()).status).toBe(200);
    expect((await deactivate()).status).toBe(200);
    expect((await device.get('/confirmationBase')).body['autoConfirm']).toEqual({ active: false });
    expect(await device.offered()).toBe(id);
  });

  test('agrees to what waits for it as well', async () => {
    const { fleet, rollout, device } = await asked();
    const id = actionIdOf(await device.linked('confirmationBase'));
    expect((await activate(device, { initiator: 'operator-1' })).status).toBe(200);
    expect(await device.offered()).toBe(id);
    expect(await fleet.stateOf(rollout, 'dev1')).toBe('offered');
  });
});

test('a rollout says that its devices have to agree, and takes no other word for it', async () => {
  const fleet = await Fleet.of(fixture, registry);
  const manager = await fixture.as(fleet.tenant);
  const body = {
    ...{ release: 'fw', target: {}, mode: { kind: 'soft' }, waves: [{ kind: 'percent', percent: 100 }], advance: [] },
    ...{ pause: [], speed: { kind: 'constant', perMinute: 1 }, timeoutMs: 60_000, confirmation: 'required' },
  };
  await fleet.release(randomBytes(10), '2.0.0');
  const rollout = { ...body, release: 'thermometer-2-0-0' };
  const refused = await manager.put('/v1/rollouts/asks', { ...rollout, confirmation: 'maybe' });
  expect(refused.status).toBe(400);
  expect(refused.text).toContain('/confirmation');
  expect(await manager.put('/v1/rollouts/asks', rollout)).toMatchObject({
    ...{ status: 201, body: { confirmation: 'required' } },
  });
});
