import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { gatewayLoadStateV1 } from '@myelin/contracts';
import { eventProbe } from '@myelin/testing';
import { type GatewayFixture, problemType, report, untilKnown, useGateway } from './gateway-fixture.js';

let fixture: GatewayFixture;

beforeAll(async () => {
  // Two reports of 100 KiB fit into the queue, and wait there for a second.
  fixture = await useGateway({ PUBLISH_QUEUE: '250KiB', PUBLISH_LINGER: '1s' });
}, 60_000);
afterAll(() => fixture?.dispose(), 60_000);

describe('more than the gateway may hold', () => {
  test('is refused with a time to come again, what was taken is written, and then there is room again', async () => {
    const { url } = fixture.running;
    const device = await fixture.registry.device('one');
    await untilKnown(url, device);
    const large = `{"values":{"temperature":1}}${' '.repeat(100 * 1_024)}`;
    const answers = await Promise.all([1, 2, 3, 4].map(() => report(url, device.basic, large)));
    const refused = answers.filter(({ status }) => status === 503);
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(2);
    expect(refused.map(problemType)).toEqual(['overloaded', 'overloaded']);
    for (const { headers } of refused) expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect((await report(url, device.basic, large)).status).toBe(202);
  }, 30_000);

  test('is told to those who would send devices more to do, with an end, and only once while that word holds', async () => {
    await fixture.kafka.ensureTopics([gatewayLoadStateV1], { partitions: 1 });
    await using probe = await eventProbe(fixture.kafka.settings, gatewayLoadStateV1);
    const { url } = fixture.running;
    const device = await fixture.registry.device('two');
    await untilKnown(url, device);
    const large = `{"values":{"temperature":1}}${' '.repeat(100 * 1_024)}`;
    const sentAtMs = Date.now();
    const send = () => Promise.all([1, 2, 3, 4].map(() => report(url, device.basic, large)));
    // The topic was not there when the test before overloaded the gateway.
    const sending = new AbortController();
    const overload = (async () => {
      while (!sending.signal.aborted) await send();
    })();
    try {
      const { key, payload, headers } = await probe.next(undefined, 30_000);
      expect(key).toBe('gateway-test');
      const untilMs = Date.parse(payload?.overloadedUntil ?? '');
      expect(untilMs).toBeGreaterThan(sentAtMs);
      expect(untilMs - (payload?.version ?? 0)).toBe(30_000);
      expect(headers['myelin-version']).toBe(String(payload?.version));
      for (let nth = 0; nth < 3; nth += 1) await send();
      expect(probe.all()).toHaveLength(1);
    } finally {
      sending.abort();
      await overload;
    }
    // What was taken meanwhile was written: the word is in nobody's way.
    expect((await report(url, device.basic, large)).status).toBe(202);
  }, 60_000);
});
