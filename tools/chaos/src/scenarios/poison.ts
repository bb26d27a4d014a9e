import { PoisonSource } from '../poison-source.js';
import type { Damage, Scenario } from '../scenario.js';

const share = 0.01;
const parkedWithinMs = 60_000;

export const poison: Scenario = {
  name: 'poison',
  summary: 'one message in a hundred can never be stored: each is parked with its code once, the others are stored',
  kafkaNodes: 1,
  defaultForMs: 120_000,
  damage: async (damage) => {
    const { chaos, fleet, forMs, sleep } = damage;
    const source = new PoisonSource({ brokers: chaos.system.stack.brokers, clientId: 'chaos' });
    try {
      const accepted = fleet.ledger.accepted;
      const end = performance.now() + forMs;
      while (performance.now() < end) {
        await sleep(250);
        const due = Math.floor((fleet.ledger.accepted - accepted) * share) - source.written;
        if (due > 0) await source.write(due);
      }
      await expectParked(damage, source);
    } finally {
      await source.close();
    }
  },
};

async function expectParked({ fail, note, sleep }: Damage, source: PoisonSource): Promise<void> {
  const end = performance.now() + parkedWithinMs;
  let faults = await source.faults();
  while (faults.length > 0 && performance.now() < end) {
    await sleep(1_000);
    faults = await source.faults();
  }
  note(`${source.written} poison messages, ${source.written - faults.length} parked once with their code`);
  if (source.written === 0) fail('no poison was written');
  for (const fault of faults.slice(0, 3)) fail(fault);
}
