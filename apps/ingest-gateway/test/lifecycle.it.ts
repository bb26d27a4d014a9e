import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitFor } from '@myelin/testing';
import { type Answer, type GatewayFixture, problemType, report, untilKnown, useGateway } from './gateway-fixture.js';
import type { RegisteredDevice } from './registry-writer.js';

const body = '{"values":{"temperature":21.5}}';
const withinMs = 2_000;
let fixture: GatewayFixture;
let url: string;

beforeAll(async () => {
  fixture = await useGateway();
  url = fixture.running.url;
}, 60_000);
afterAll(() => fixture?.dispose(), 60_000);

/** Milliseconds from the change to the first answer with that status; every answer before is another. */
async function untilAnswered(
  device: RegisteredDevice,
  status: number,
  change: Promise<void>,
): Promise<[number, Answer]> {
  const changedAt = performance.now();
  await change;
  const answered = await waitFor(
    async () => {
      const answer = await report(url, device.bearer, body);
      return answer.status === status && answer;
    },
    { what: `an answer ${status}`, timeoutMs: 10_000, intervalMs: 5 },
  );
  return [performance.now() - changedAt, answered];
}

describe('a change in the registry reaches the gateway within two seconds', () => {
  test.each([
    ['suspended', 'device-suspended'],
    ['quarantined', 'device-quarantined'],
    ['retired', 'device-retired'],
    ['created', 'device-not-active'],
    ['provisioned', 'device-not-active'],
  ] as const)('%s: 403 %s, and back to active: 202', async (lifecycle, type) => {
    const device = await fixture.registry.device(`goes-${lifecycle}`);
    await untilKnown(url, device);
    expect((await report(url, device.basic, body)).status).toBe(202);
    const [outMs, refused] = await untilAnswered(device, 403, fixture.registry.lifecycle(device, lifecycle));
    expect([problemType(refused), refused.body['lifecycle']]).toEqual([type, lifecycle]);
    expect(outMs).toBeLessThan(withinMs);
    const [backMs] = await untilAnswered(device, 202, fixture.registry.lifecycle(device, 'active'));
    expect(backMs).toBeLessThan(withinMs);
  });

  test('a revoked credential: 401', async () => {
    const device = await fixture.registry.device('revoked');
    await untilKnown(url, device);
    expect((await report(url, device.bearer, body)).status).toBe(202);
    const [outMs] = await untilAnswered(device, 401, fixture.registry.credentials(device, []));
    expect(outMs).toBeLessThan(withinMs);
    expect((await report(url, device.basic, body)).status).toBe(401);
  });

  test('a secret that is wrong is 401 whatever the state of the device', async () => {
    const device = await fixture.registry.device('secretive', { lifecycle: 'quarantined' });
    await untilKnown(url, device);
    const answer = await report(url, `Bearer ${device.credentialId}.wrong`, body);
    expect(problemType(answer)).toBe('unauthenticated');
  });

  test('a device whose profile has not arrived is told to come again, and is taken when it has', async () => {
    const device = await fixture.registry.device('early', { profile: 'later' });
    const [, refused] = await untilAnswered(device, 503, Promise.resolve());
    expect(problemType(refused)).toBe('not-ready');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    await untilAnswered(device, 202, fixture.registry.profile('acme', { profile: 'later' }));
  });
});
