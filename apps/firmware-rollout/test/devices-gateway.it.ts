import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { uuidv7 } from '@myelin/kernel';
import { waitFor } from '@myelin/testing';
import { DeviceClient, Fleet, RegistryWriter } from './devices-fixture.js';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';

const tenant = uuidv7();
const others = uuidv7();
const token = randomBytes(32).toString('base64url');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
let fixture: FirmwareFixture;
let registry: RegistryWriter;
beforeAll(async () => {
  const tokens = `${tenant}=${sha256(token)}, ${others}=${sha256('another')}`;
  fixture = await startFixture({ ENGINE_INTERVAL: '50ms', GATEWAY_TOKENS: tokens });
  registry = await RegistryWriter.connect(fixture.kafka.settings);
}, 120_000);
afterAll(async () => {
  await registry?.close();
  await fixture?.dispose();
}, 60_000);

/** What a gateway says in the name of a device. */
function throughGateway({ url, of }: DeviceClient, said = token): DeviceClient {
  return new DeviceClient(url, { ...of, authorization: `GatewayToken ${said}` });
}

describe('the token of a gateway', () => {
  test('speaks for each device of its tenant, from the offer to its success', async () => {
    const fleet = await Fleet.of(fixture, registry, tenant);
    const devices = [await fleet.device('dev1'), await fleet.device('dev2')];
    const rollout = await fleet.rollout(await fleet.release(randomBytes(1_000), '2.0.0'), '2.0.0');
    for (const device of devices) {
      const gateway = throughGateway(device);
      const id = await gateway.offered();
      expect((await gateway.get(`/softwaremodules/${id}/artifacts/fw.swu`)).bytes).toHaveLength(1_000);
      expect((await gateway.feedback(id, ['closed', 'success'])).status).toBe(200);
      expect(await fleet.stateOf(rollout, device.of.device)).toBe('succeeded');
    }
  });

  test('is nothing to devices of another tenant, to those that the registry does not have, and when it is another one', async () => {
    const own = await (await Fleet.of(fixture, registry, tenant)).device('known');
    const strangers = [
      await (await Fleet.of(fixture, registry, others)).device('known'),
      // Its tenant has no token.
      await (await Fleet.of(fixture, registry)).device('known'),
      new DeviceClient(own.url, { ...own.of, device: 'unheard-of' }),
    ];
    for (const stranger of strangers) expect((await throughGateway(stranger).poll()).status).toBe(401);
    for (const said of [`${token}x`, 'another', sha256(token), ''])
      expect((await throughGateway(own, said).poll()).status).toBe(401);
    expect((await throughGateway(own).poll()).status).toBe(200);
    const asDevice = new DeviceClient(own.url, { ...own.of, authorization: `TargetToken ${token}` });
    expect((await asDevice.poll()).status).toBe(401);
  });

  test('lets no device in that is suspended', async () => {
    const device = await (await Fleet.of(fixture, registry, tenant)).device('watched');
    const until = (status: number): Promise<unknown> =>
      waitFor(async () => (await throughGateway(device).poll()).status === status, {
        ...{ timeoutMs: 60_000, what: `${status} for a poll` },
      });
    await until(200);
    await registry.lifecycle(device.of, 'suspended');
    await until(403);
  });
});
