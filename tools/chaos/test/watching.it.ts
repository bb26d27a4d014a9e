import { afterAll, beforeAll, test } from '@jest/globals';
import { ChaosSystem } from '../src/chaos-system.js';
import { expectProven, provenWithinMs } from './expect-proven.js';

let chaos: ChaosSystem;

beforeAll(async () => {
  // Its own servers, because these tests stop them.
  for (const name of ['KAFKA_BROKERS', 'DATABASE_URL', 'OIDC_ISSUER']) delete process.env[name];
  chaos = await ChaosSystem.start({ kafkaNodes: 1, alertingInstances: 2, progress: () => undefined });
}, 240_000);

afterAll(async () => {
  await chaos?.stop();
}, 60_000);

/** The other damage to a watched system takes as long each, and is done by command. */
test(
  'alarms are those of the measurements, and no device that reports is called silent, while alerting is away for longer than devices may be silent',
  async () => {
    await expectProven(chaos, 'alarms-alerting-away', 22_000);
  },
  provenWithinMs,
);
