import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitFor } from '@myelin/testing';
import { type GatewayFixture, problemType, report, untilKnown, useGateway } from './gateway-fixture.js';

const body = '{"values":{"temperature":21.5}}';
const batch = (count: number): string => `[${Array(count).fill(body).join()}]`;
let fixture: GatewayFixture;
let url: string;

beforeAll(async () => {
  fixture = await useGateway({ FAILED_ATTEMPTS_PER_SECOND: '5' });
  url = fixture.running.url;
}, 60_000);
afterAll(() => fixture?.dispose(), 60_000);

describe('rates, in measurements', () => {
  test('a device: headers count down, then 429 with the time to wait; another device is not held up', async () => {
    await fixture.registry.tenant('slow', { messagesPerSecondPerDevice: 0.5 });
    await fixture.registry.tenant('modest', { messagesPerSecondPerDevice: 5 });
    for (const tenant of ['slow', 'modest']) await fixture.registry.profile(tenant);
    const [one, other] = [
      await fixture.registry.device('one', { tenant: 'modest' }),
      await fixture.registry.device('other', { tenant: 'modest' }),
    ];
    for (const device of [one, other]) await untilKnown(url, device);
    const first = await report(url, one.basic, batch(5));
    expect(first.status).toBe(202);
    expect(first.headers['ratelimit-policy']).toBe('"device";q=10;w=2;qu="measurements"');
    expect(first.headers['ratelimit']).toMatch(/^"device";r=[0-5];t=[12]$/);
    const second = await report(url, one.basic, batch(10));
    expect([second.status, problemType(second)]).toEqual([429, 'device-rate-exceeded']);
    expect(['1', '2']).toContain(second.headers['retry-after']);
    expect((await report(url, other.basic, batch(5))).status).toBe(202);
  });

  test('a tenant: its devices share one rate, another tenant has its own', async () => {
    await fixture.registry.tenant('shared', { messagesPerSecond: 0.5 });
    await fixture.registry.tenant('apart', { messagesPerSecond: 100 });
    for (const tenant of ['shared', 'apart']) await fixture.registry.profile(tenant);
    const [one, other, apart] = [
      await fixture.registry.device('one', { tenant: 'shared' }),
      await fixture.registry.device('other', { tenant: 'shared' }),
      await fixture.registry.device('one', { tenant: 'apart' }),
    ];
    await untilKnown(url, apart);
    await untilKnown(url, one); // counts one of the burst
    let last = await report(url, one.basic, body);
    for (let nth = 0; nth < 3 && last.status === 202; nth++) last = await report(url, other.basic, body);
    expect([last.status, problemType(last)]).toEqual([429, 'tenant-rate-exceeded']);
    expect(last.headers['ratelimit']).toMatch(/^"tenant";r=0/);
    expect((await report(url, apart.basic, body)).status).toBe(202);
  });

  test('a limit that the registry changes holds without a restart', async () => {
    await fixture.registry.tenant('grows', { messagesPerSecondPerDevice: 0.001 });
    await fixture.registry.profile('grows');
    const device = await fixture.registry.device('one', { tenant: 'grows' });
    await untilKnown(url, device);
    expect((await report(url, device.basic, body)).status).toBe(429);
    await fixture.registry.tenant('grows', { messagesPerSecondPerDevice: 1_000 });

    const taken = async (): Promise<boolean> => (await report(url, device.basic, body)).status === 202;
    await waitFor(taken, { what: 'the new limit', timeoutMs: 10_000 });
  });

  test('wrong credentials: 429 after a burst, while right ones from the same address pass', async () => {
    const device = await fixture.registry.device('right');
    await untilKnown(url, device);
    const answers = [];
    for (let nth = 0; nth < 15; nth++) answers.push(await report(url, 'Basic d3Jvbmc=', body));
    const slowed = answers.at(-1);
    expect([slowed?.status, slowed && problemType(slowed)]).toEqual([429, 'too-many-failed-attempts']);
    expect(Number(slowed?.headers['retry-after'])).toBeGreaterThan(0);
    expect((await report(url, device.basic, body)).status).toBe(202);
  });
});
