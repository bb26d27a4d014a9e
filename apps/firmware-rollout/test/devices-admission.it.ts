import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitFor } from '@myelin/testing';
import { DeviceClient, Fleet, RegistryWriter } from './devices-fixture.js';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';

let fixture: FirmwareFixture;
let registry: RegistryWriter;
let fleet: Fleet;
let device: DeviceClient;
let id: string;
beforeAll(async () => {
  fixture = await startFixture({ ENGINE_INTERVAL: '50ms' });
  registry = await RegistryWriter.connect(fixture.kafka.settings);
  fleet = await Fleet.of(fixture, registry);
  device = await fleet.device('owner');
  await fleet.rollout(await fleet.release(randomBytes(1_000), '2.0.0'), '2.0.0');
  id = await device.offered();
}, 120_000);
afterAll(async () => {
  await registry?.close();
  await fixture?.dispose();
}, 60_000);

/** Everything that names an action of another device, or its files. */
const ofAction = (action: string): [string, string, string?][] => {
  const feedback = '{"status":{"execution":"closed","result":{"finished":"success"}}}';
  return [
    ['GET', `/deploymentBase/${action}`],
    ['GET', `/cancelAction/${action}`],
    ['GET', `/installedBase/${action}`],
    ['POST', `/deploymentBase/${action}/feedback`, feedback],
    ['POST', `/cancelAction/${action}/feedback`, feedback],
    ['GET', `/softwaremodules/${action}/artifacts`],
    ['GET', `/softwaremodules/${action}/artifacts/fw.swu`],
    ['GET', `/softwaremodules/${action}/artifacts/fw.swu.MD5SUM`],
  ];
};

const until = (client: DeviceClient, status: number): Promise<unknown> =>
  waitFor(async () => (await client.poll()).status === status, { timeoutMs: 60_000, what: `${status} for a poll` });

describe('who is let in', () => {
  test('is who shows a credential of the device that the path names, and of its tenant', async () => {
    const other = await fleet.device('other');
    const stranger = await (await Fleet.of(fixture, registry)).device('owner');
    const { url, of } = device;
    const claims = [
      { ...of, authorization: other.of.authorization },
      { ...of, authorization: stranger.of.authorization },
      { ...of, authorization: `${of.authorization.slice(0, -4)}AAAA` },
      { ...of, authorization: of.authorization.replace('TargetToken', 'GatewayToken') },
      { ...of, authorization: 'Basic b3duZXI6c2VjcmV0' },
      { ...of, authorization: '' },
    ];
    for (const claim of claims) {
      for (const [method, rest, body] of [['GET', ''] as [string, string, string?], ...ofAction(id)]) {
        const answer = await new DeviceClient(url, claim).send(method, rest, body);
        expect([rest, answer.status, answer.text]).toEqual([rest, 401, '']);
      }
    }
    expect((await fixture.as(fleet.tenant)).token).toBeDefined();
    const operator = `Bearer ${(await fixture.as(fleet.tenant, 'admin')).token}`;
    expect((await new DeviceClient(url, { ...of, authorization: operator }).poll()).status).toBe(401);
  });

  test('finds nothing of what another device was offered, of its own tenant or of another one', async () => {
    const strangers = [await fleet.device('neighbour'), await (await Fleet.of(fixture, registry)).device('owner')];
    for (const stranger of strangers) {
      for (const [method, rest, body] of ofAction(id))
        expect([rest, (await stranger.send(method, rest, body)).status]).toEqual([rest, 404]);
    }
    expect((await device.get(`/deploymentBase/${id}`)).status).toBe(200);
  });

  test('a suspended device is refused, one in quarantine is not, and one whose credential is revoked is nobody', async () => {
    const watched = await fleet.device('watched');
    await registry.lifecycle(watched.of, 'suspended');
    await until(watched, 403);
    expect((await watched.get(`/deploymentBase/${id}`)).status).toBe(403);
    await registry.lifecycle(watched.of, 'quarantined');
    await until(watched, 200);
    await registry.credentials(watched.of, false);
    await until(watched, 401);
  });
});

describe('a path', () => {
  test.each([
    ['GET', '/nothing', 404],
    ['GET', '/deploymentBase/0', 404],
    ['GET', '/deploymentBase/2147483648', 404],
    ['GET', '/deploymentBase/1/more', 404],
    ['GET', '/deploymentBase/2147483647', 404],
    ['GET', '/softwaremodules/1/artifacts/..%2Ffw.swu', 404],
    ['GET', '/deploymentBase/1?actionHistory=many', 400],
    ['POST', '', 405],
    ['HEAD', '', 405],
    ['GET', '/configData', 405],
    ['PUT', '/installedBase', 400],
    ['GET', '/installedBase', 405],
    ['DELETE', '/deploymentBase/1', 405],
    ['GET', '/deploymentBase/1/feedback', 405],
    ['PUT', '/deploymentBase/1/feedback', 405],
  ])('%s %s is answered with %i', async (method, rest, status) => {
    expect((await device.send(method, rest)).status).toBe(status);
  });

  test('that takes another method says which', async () => {
    expect((await device.send('DELETE', '/softwaremodules/1/artifacts/fw.swu')).headers.get('allow')).toBe('GET, HEAD');
  });
});
