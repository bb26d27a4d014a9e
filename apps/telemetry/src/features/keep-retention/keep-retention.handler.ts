import type { Clock } from '@myelin/kernel';
import type { DataSource } from 'typeorm';
import { deleteOverLatest, deleteUnseenLatest } from '../../persistence/latest-upkeep.repository.js';
import { daysAhead, dayOf, retentionClassCodes } from '../../domain/retention.js';
import { deleteOverMixedHours } from '../../persistence/rollup-mark.repository.js';
import { dropOverRollups } from '../../persistence/rollup.repository.js';
import { withConnection } from '../../persistence/connection.js';
import { dropOverPartitions, ensurePartition, exclusively } from '../../persistence/partition.repository.js';

export interface RetentionOutcome {
  /** Names of dropped partitions. */
  readonly dropped: readonly string[];
}

/** A drop stops readers and writers of a class for some milliseconds: a few at a time, each in a transaction of its own. */
const dropsPerRound = 50;

/** Sets of metric names of one device. */
const toleratedLatestRows = 32;

export class KeepRetentionHandler {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /** Makes partitions ahead and drops those that are over; undefined when another instance is at it. */
  async run(): Promise<RetentionOutcome | undefined> {
    return withConnection(this.dataSource, (client) =>
      exclusively(client, 'housekeeping', async () => {
        const today = dayOf(this.clock.nowMs());
        for (let day = today - 1; day <= today + daysAhead; day++) {
          for (const code of Object.values(retentionClassCodes)) await ensurePartition(client, code, day);
        }
        const dropped = await dropOneByOne(() => dropOverPartitions(client, 1));
        // After the drop: what `latest` says must not be younger than what is stored.
        if (dropped.length > 0) await deleteOverLatest(client, this.clock.nowMs());
        await deleteUnseenLatest(client, toleratedLatestRows);
        await deleteOverMixedHours(client);
        dropped.push(...(await dropOneByOne(() => dropOverRollups(client, 1))));
        return { dropped };
      }),
    );
  }
}

async function dropOneByOne(drop: () => Promise<readonly string[]>): Promise<string[]> {
  const dropped: string[] = [];
  for (let round = 0; round < dropsPerRound; round++) {
    const names = await drop();
    if (names.length === 0) break;
    dropped.push(...names);
  }
  return dropped;
}
