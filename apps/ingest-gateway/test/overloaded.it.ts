import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
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
});
