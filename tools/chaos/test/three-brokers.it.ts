import { describe, test } from '@jest/globals';
import { expectProven, provenWithinMs } from './expect-proven.js';
import { useChaos } from './use-chaos.js';

const chaos = useChaos({ kafkaNodes: 3 });

describe('with three brokers nothing acknowledged is lost and nothing is doubled', () => {
  test(
    'while the broker that leads the most partitions is killed',
    async () => {
      await expectProven(chaos(), 'leader-killed', 5_000);
    },
    provenWithinMs,
  );

  test(
    'while a broker stands still for longer than its session',
    async () => {
      await expectProven(chaos(), 'follower-stopped', 5_000);
    },
    provenWithinMs,
  );

  test(
    'while two of the three are gone, and devices are refused with 503 meanwhile',
    async () => {
      await expectProven(chaos(), 'quorum-lost', 12_000);
    },
    provenWithinMs,
  );
});
