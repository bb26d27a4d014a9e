import { test } from '@jest/globals';
import { expectProven, provenWithinMs } from './expect-proven.js';
import { useChaos } from './use-chaos.js';

const chaos = useChaos({ kafkaNodes: 1, alertingInstances: 2, firmwareInstances: 2 });

/** The other damage to a watched system, and each kind for longer, takes as long each and is done by command. */
test(
  'alarms are those of the measurements, and no device that reports is called silent, while alerting is away for longer than devices may be silent',
  async () => {
    await expectProven(chaos(), 'alarms-alerting-away', 22_000);
  },
  provenWithinMs,
);

test(
  'no device is told two things and what each runs is known, while the service, Kafka and PostgreSQL are killed and away and clocks jump',
  async () => {
    await expectProven(chaos(), 'rollout-all', 15_000, { devices: 5 });
  },
  provenWithinMs,
);
