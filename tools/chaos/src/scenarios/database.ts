import { noFault } from '@myelin/local-stack';
import { CatchUp } from '../catch-up.js';
import type { Damage, Scenario } from '../scenario.js';

const fiveMinutesMs = 300_000;

export const databaseAway: Scenario = {
  name: 'database-away',
  summary: 'PostgreSQL is stopped; devices do not notice, and what they sent meanwhile is caught up with',
  kafkaNodes: 1,
  defaultForMs: fiveMinutesMs,
  damage: async (damage) => {
    const { chaos, fleet, forMs } = damage;
    await chaos.postgres.pause();
    const sinceMs = performance.now();
    const accepted = fleet.ledger.accepted;
    try {
      await damage.sleep(forMs);
    } finally {
      const rate = ((fleet.ledger.accepted - accepted) * 1_000) / (performance.now() - sinceMs);
      await chaos.postgres.start();
      await measureCatchUp(damage, rate);
    }
    expectUnnoticed(damage);
  },
};

export const databaseSlow: Scenario = {
  name: 'database-slow',
  summary: 'every statement takes 200 ms longer; devices do not notice',
  kafkaNodes: 1,
  defaultForMs: fiveMinutesMs,
  damage: async (damage) => {
    const { database } = damage.chaos.proxies;
    database.setFault({ kind: 'delay', delayMs: 200 });
    try {
      await damage.sleep(damage.forMs);
    } finally {
      database.setFault(noFault);
    }
    expectUnnoticed(damage);
  },
};

async function measureCatchUp({ fleet, note, sleep }: Damage, liveRate: number): Promise<void> {
  const catchUp = new CatchUp(liveRate);
  while (!catchUp.isOver && catchUp.elapsedMs < 120_000) {
    await sleep(500);
    const statistics = await fleet.statistics().catch(() => undefined);
    if (statistics !== undefined) catchUp.observe(fleet.ledger.accepted, statistics.stored);
  }
  note(catchUp.describe());
}

/** Devices and the gateway have nothing to do with the database. */
export function expectUnnoticed({ fleet, fail }: Damage): void {
  const others = [...fleet.ledger.answers.keys()].filter((answer) => answer !== '202');
  if (others.length > 0) fail(`devices noticed: ${others.join(', ')}`);
}
