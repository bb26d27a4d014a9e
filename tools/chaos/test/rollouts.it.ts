import { afterAll, beforeAll, test } from '@jest/globals';
import { ChaosSystem } from '../src/chaos-system.js';
import { expectProven, provenWithinMs } from './expect-proven.js';

let chaos: ChaosSystem;

beforeAll(async () => {
  // Its own servers, because these tests stop them.
  for (const name of ['KAFKA_BROKERS', 'DATABASE_URL', 'OIDC_ISSUER']) delete process.env[name];
  chaos = await ChaosSystem.start({ kafkaNodes: 1, firmwareInstances: 2, progress: () => undefined });
}, 240_000);

afterAll(async () => {
  await chaos?.stop();
}, 60_000);

/** Each kind of damage for longer is done by command. */
test(
  'no device is told two things and what each runs is known, while the service, Kafka and PostgreSQL are killed and away and clocks jump',
  async () => {
    await expectProven(chaos, 'rollout-all', 15_000, { devices: 5 });
  },
  provenWithinMs,
);
