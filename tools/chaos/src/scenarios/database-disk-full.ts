import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Damage, Scenario } from '../scenario.js';
import { expectUnnoticed } from './database.js';

export const databaseDiskFull: Scenario = {
  name: 'database-disk-full',
  summary: 'the volume of PostgreSQL is full (a small one in memory: needs root); devices do not notice',
  kafkaNodes: 1,
  needsVolume: true,
  defaultForMs: 120_000,
  damage: async (damage) => {
    const { chaos } = damage;
    const ballast = join(dirname(chaos.postgres.dataDirectory), 'ballast');
    let stopped = false;
    try {
      const end = performance.now() + damage.forMs;
      while (performance.now() < end) {
        // Again and again: what PostgreSQL gives back meanwhile is taken as well.
        fill(ballast);
        await damage.sleep(500);
        stopped ||= chaos.postgres.pid === undefined;
      }
      expectFull(damage, ballast);
    } finally {
      rmSync(ballast, { force: true });
      if (chaos.postgres.pid === undefined) await chaos.postgres.start();
    }
    if (stopped) damage.note('PostgreSQL stopped for want of room and was started again');
    expectUnnoticed(damage);
  },
};

const piece = Buffer.alloc(65_536);

/** Writes until the volume takes no more. */
function fill(file: string): void {
  const descriptor = openSync(file, 'a');
  try {
    for (let size = piece.length; size >= 512;) {
      try {
        writeSync(descriptor, piece, 0, size);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        size /= 2;
      }
    }
  } finally {
    closeSync(descriptor);
  }
}

function expectFull({ fail }: Damage, ballast: string): void {
  const { bavail, bsize } = statfsSync(dirname(ballast));
  if (bavail * bsize > 1_048_576) fail('the volume was not full');
}
