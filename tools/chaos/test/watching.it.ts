import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { ChaosSystem } from '../src/chaos-system.js';
import { expectProven } from './expect-proven.js';

let chaos: ChaosSystem;

beforeAll(async () => {
  // Its own servers, because these tests stop them.
  for (const name of ['KAFKA_BROKERS', 'DATABASE_URL', 'OIDC_ISSUER']) delete process.env[name];
  chaos = await ChaosSystem.start({ kafkaNodes: 1, alertingInstances: 2, progress: () => undefined });
}, 240_000);

afterAll(async () => {
  await chaos?.stop();
}, 60_000);

describe('alarms are those of the measurements, and no device that reports is called silent', () => {
  test.each([
    ['while Kafka is away for longer than devices may be silent', 'alarms-kafka-away', 22_000],
    ['while alerting is away for longer than devices may be silent', 'alarms-alerting-away', 22_000],
    ['while alerting, gateway, Kafka and PostgreSQL are killed in random turn', 'alarms-killed', 15_000],
  ] as const)(
    '%s',
    async (_what, scenario, forMs) => {
      await expectProven(chaos, scenario, forMs);
    },
    400_000,
  );
});
