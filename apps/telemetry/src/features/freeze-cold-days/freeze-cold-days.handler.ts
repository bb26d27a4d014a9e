import type { Clock } from '@myelin/kernel';
import { isConflict } from '@myelin/persistence';
import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { hasSegments, lastColdDay } from '../../domain/cold-days.js';
import { retentionClassCodes } from '../../domain/retention.js';
import { withConnection } from '../../persistence/connection.js';
import { exclusively } from '../../persistence/partition.repository.js';
import {
  type StoredDay,
  beforeAll,
  dropEmptiedPartitions,
  ensureSegmentPartition,
  freezeSlice,
  plainDays,
  sliceEnd,
} from '../../persistence/segment.repository.js';

export interface FreezeOutcome {
  /** Measurements that became parts of segments. */
  readonly frozen: number;
  /** Names of plain partitions that were empty, and are gone. */
  readonly dropped: readonly string[];
}

/** Measurements per transaction: some tenths of a second in which a writer waits that has a copy of one of them. */
const sliceMeasurements = 20_000;

/** Tries in all when writers collide with a slice. */
const attemptsPerSlice = 5;

/** A drop stops readers and writers of a class for some milliseconds: a few at a time, each in a transaction of its own. */
const dropsPerRound = 50;

export class FreezeColdDaysHandler {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    /** Whole days between today and the first day that is frozen, at least 1. */
    private readonly coldAfterDays: number,
    private readonly measurementsPerSlice = sliceMeasurements,
  ) {}

  /**
   * Freezes what lies plain on cold days, oldest day first, slice by slice until nothing is left or `signal` is aborted.
   * A slice is one transaction: whatever ends this, every measurement is stored once. Undefined when another instance is at it.
   */
  async run(signal: AbortSignal): Promise<FreezeOutcome | undefined> {
    return withConnection(this.dataSource, (client) =>
      exclusively(client, 'freezing', async () => {
        const classes = Object.values(retentionClassCodes).filter(hasSegments);
        const days = await plainDays(client, classes, lastColdDay(this.coldAfterDays, this.clock.nowMs()));
        let frozen = 0;
        for (const day of days) frozen += await this.freezeDay(client, day, signal);
        return { frozen, dropped: await this.dropEmptied(client, signal) };
      }),
    );
  }

  private async freezeDay(client: PoolClient, day: StoredDay, signal: AbortSignal): Promise<number> {
    let [frozen, after] = [0, beforeAll];
    while (!signal.aborted) {
      const end = await sliceEnd(client, day, after, this.measurementsPerSlice);
      if (end === undefined) break;
      if (after === beforeAll) await ensureSegmentPartition(client, day);
      frozen += await this.freezeAgain(client, () => freezeSlice(client, day, after, end));
      after = end;
    }
    return frozen;
  }

  /** A writer that moves a measurement to another class beside it ends the transaction: it is run again, without that one. */
  private async freezeAgain(client: PoolClient, freeze: () => Promise<number>): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      await client.query('BEGIN');
      try {
        const frozen = await freeze();
        await client.query('COMMIT');
        return frozen;
      } catch (error) {
        if (!isConflict(error) || attempt >= attemptsPerSlice) throw error;
        await client.query('ROLLBACK');
      }
    }
  }

  private async dropEmptied(client: PoolClient, signal: AbortSignal): Promise<string[]> {
    const dropped: string[] = [];
    for (let round = 0; round < dropsPerRound && !signal.aborted; round++) {
      const names = await dropEmptiedPartitions(client, 1);
      if (names.length === 0) break;
      dropped.push(...names);
    }
    return dropped;
  }
}
