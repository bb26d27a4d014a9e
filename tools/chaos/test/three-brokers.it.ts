import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { ChaosSystem } from '../src/chaos-system.js';
import { expectProven, provenWithinMs } from './expect-proven.js';

let chaos: ChaosSystem;

beforeAll(async () => {
  // Its own servers, because these tests stop them.
  for (const name of ['KAFKA_BROKERS', 'DATABASE_URL', 'OIDC_ISSUER']) delete process.env[name];
  chaos = await ChaosSystem.start({ kafkaNodes: 3, progress: () => undefined });
}, 240_000);

afterAll(async () => {
  await chaos?.stop();
}, 60_000);

describe('with three brokers nothing acknowledged is lost and nothing is doubled', () => {
  test(
    'while the broker that leads the most partitions is killed',
    async () => {
      await expectProven(chaos, 'leader-killed', 5_000);
    },
    provenWithinMs,
  );

  test(
    'while a broker stands still for longer than its session',
    async () => {
      await expectProven(chaos, 'follower-stopped', 5_000);
    },
    provenWithinMs,
  );

  test(
    'while two of the three are gone, and devices are refused with 503 meanwhile',
    async () => {
      await expectProven(chaos, 'quorum-lost', 12_000);
    },
    provenWithinMs,
  );
});
