import type { ServiceName } from '@myelin/main-job';
import type { Scenario } from '../scenario.js';

const hourMs = 3_600_000;

/**
 * A gateway refuses what is more than five minutes ahead of its clock, so a gateway that is slower than that refuses
 * right reports; every other jump must do nothing.
 */
const jumps: readonly { readonly service: ServiceName; readonly offsetMs: number }[] = [
  { service: 'telemetry', offsetMs: hourMs },
  { service: 'ingest-gateway', offsetMs: hourMs / 2 },
  { service: 'device-registry', offsetMs: hourMs },
  { service: 'telemetry', offsetMs: -hourMs },
  { service: 'ingest-gateway', offsetMs: -240_000 },
  { service: 'device-registry', offsetMs: -hourMs },
];

export const clockJump: Scenario = {
  name: 'clock-jump',
  summary: 'the wall clock of each service jumps forward and back, by up to an hour',
  kafkaNodes: 1,
  defaultForMs: 120_000,
  damage: async ({ chaos, forMs, sleep, say, note, fleet, fail }) => {
    const stepMs = forMs / jumps.length;
    for (const { service, offsetMs } of jumps) {
      say(`  the clock of ${service} jumps by ${offsetMs / 60_000} minutes`);
      chaos.clocks.shift(service, offsetMs);
      try {
        await sleep(stepMs * 0.7);
      } finally {
        chaos.clocks.shift(service, 0);
      }
      await sleep(stepMs * 0.3);
    }
    note(`${jumps.length * 2} jumps`);
    const others = [...fleet.ledger.answers.keys()].filter((answer) => answer !== '202');
    if (others.length > 0) fail(`devices noticed: ${others.join(', ')}`);
  },
};
