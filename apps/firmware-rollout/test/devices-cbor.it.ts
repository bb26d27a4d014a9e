import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decode, encode } from 'cbor2';
import { type DeviceClient, Fleet, RegistryWriter } from './devices-fixture.js';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';

let fixture: FirmwareFixture;
let registry: RegistryWriter;
let fleet: Fleet;
let device: DeviceClient;
beforeAll(async () => {
  fixture = await startFixture({ ENGINE_INTERVAL: '50ms' });
  registry = await RegistryWriter.connect(fixture.kafka.settings);
  fleet = await Fleet.of(fixture, registry);
  device = await fleet.device('dev1');
}, 120_000);
afterAll(async () => {
  await registry?.close();
  await fixture?.dispose();
}, 60_000);

const accept = { accept: 'application/cbor' };

async function send(method: string, rest: string, body: Uint8Array) {
  const response = await fetch(`${device.base}${rest}`, {
    ...{ method, body: Buffer.from(body) },
    headers: { authorization: device.of.authorization, 'content-type': 'application/cbor', ...accept },
  });
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
}

/** The same resource in both ways of writing. */
async function both(rest: string): Promise<void> {
  const [inJson, inCbor] = [await device.get(rest), await device.get(rest, accept)];
  expect(inCbor.headers.get('content-type')).toBe('application/cbor');
  expect(inCbor.headers.get('etag')).not.toBe(inJson.headers.get('etag'));
  expect([inCbor.status, decode(inCbor.bytes)]).toEqual([inJson.status, inJson.body]);
  const etag = inCbor.headers.get('etag') ?? '';
  if (inCbor.status === 200) expect((await device.get(rest, { ...accept, 'if-none-match': etag })).status).toBe(304);
}

describe('a device that speaks CBOR', () => {
  test('is served from its attributes to its success with the same members', async () => {
    await both('');
    expect(await send('PUT', '/configData', encode({ mode: 'merge', data: { hw: '1.0', cores: 2 } }))).toEqual({
      ...{ status: 200, bytes: Buffer.alloc(0) },
    });
    await device.unlinked('configData');
    await both('');
    const release = await fleet.release(randomBytes(1_000), '2.0.0');
    const rollout = await fleet.rollout(release, '2.0.0', { needsConfirmation: true });
    await device.linked('confirmationBase');
    await both('/confirmationBase');
    const { body } = await (await fixture.as(fleet.tenant)).get(`/v1/rollouts/${rollout}/assignments/dev1`);
    const id = String(body['action']);
    await both(`/confirmationBase/${id}`);
    const confirmed = encode({ confirmation: 'confirmed', details: ['go on'] });
    expect((await send('POST', `/confirmationBase/${id}/feedback`, confirmed)).status).toBe(200);
    await device.linked('deploymentBase');
    await both('');
    // Reading it is a step of its own.
    await device.get(`/deploymentBase/${id}`);
    await both(`/deploymentBase/${id}?actionHistory=5`);
    await both(`/softwaremodules/${id}/artifacts`);
    const closed = encode({ timestamp: new Date(), status: { execution: 'closed', result: { finished: 'success' } } });
    expect((await send('POST', `/deploymentBase/${id}/feedback`, closed)).status).toBe(200);
    expect(await fleet.stateOf(rollout, 'dev1')).toBe('succeeded');
    await both(`/installedBase/${id}`);
    expect((await send('PUT', '/installedBase', encode({ name: release, version: '2.0.0' }))).status).toBe(200);
    expect((await send('POST', '/confirmationBase/activateAutoConfirm', Buffer.alloc(0))).status).toBe(200);
  });

  test('is told in CBOR what is wrong, with a pointer', async () => {
    const fault = await send('PUT', '/configData', encode({ mode: 'merge', data: {} }));
    expect([fault.status, decode(fault.bytes)]).toMatchObject([400, { info: { pointer: '/data' } }]);
  });

  test.each([
    ['a cut item', Buffer.from('a16464617461', 'hex'), 400],
    ['no object', encode(['data']), 400],
    ['JSON', Buffer.from('{"data":{"a":"b"}}'), 400],
    ['what is nested a thousand deep', Buffer.concat([Buffer.alloc(1_000, 0x81), Buffer.of(1)]), 400],
    ['a million members that are only announced', Buffer.from('ba000f4240', 'hex'), 400],
    ['more bytes than are taken', encode({ data: { a: 'x'.repeat(70_000) } }), 413],
  ])('is refused with %s, and nothing changes', async (_what, body, status) => {
    const viewer = await fixture.as(fleet.tenant, 'viewer');
    const before = (await viewer.get('/v1/devices/dev1/update-state')).body['attributes'];
    expect((await send('PUT', '/configData', body)).status).toBe(status);
    expect((await viewer.get('/v1/devices/dev1/update-state')).body['attributes']).toEqual(before);
  });
});
