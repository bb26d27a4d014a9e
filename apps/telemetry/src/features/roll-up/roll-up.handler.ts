import { PersistenceError } from '@myelin/persistence';
import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { rollupLevels } from '../../domain/resolution.js';
import { type RetentionClassCode, classBit, classesOf, dayName, dayOf, keptClasses } from '../../domain/retention.js';
import { type HourMark, hourMs } from '../../domain/hour-marks.js';
import { withConnection } from '../../persistence/connection.js';
import { classesWithRows, exclusively } from '../../persistence/partition.repository.js';
import { closeHours } from '../../persistence/position.repository.js';
import {
  deleteMarks,
  dueHours,
  type KeptRows,
  markWholeDevice,
  noteMixedHours,
  storedOf,
  unmarkedDevices,
} from '../../persistence/rollup-mark.repository.js';
import {
  type HourToRollUp,
  type HoursOfDay,
  ensureRollupPartitions,
  rollUpHours,
  upTo,
} from '../../persistence/rollup.repository.js';

/** What else follows from the rows of a device-hour, in the transaction that takes its mark. */
export type HourStep = (client: PoolClient, taken: HoursOfDay) => Promise<void>;

export interface RollUpSettings {
  /** How long after its end an hour waits for what is slow; later rows cost it another time. */
  readonly graceMs: number;
  /** Between two transactions that took `workedMs`: the writer is to have the disk and the processors. */
  readonly rest?: (workedMs: number) => Promise<void>;
  readonly steps?: readonly HourStep[];
  /** Hours with so many rows and more are added up in this process. */
  readonly denseRows?: number;
}

/** One transaction takes hours up to so many rows, at least one hour. */
const rowsAtOnce = 20_000;
const mostHoursAtOnce = 500;
const unmarkedAtOnce = 100;
/** Of one connection: the rows of a dense hour are sorted in memory. */
const workMemory = '64MB';

export class RollUpHandler {
  private readonly readyPartitions = new Set<string>();
  /** Fewer after what took the database too long. */
  private hoursAtOnce = mostHoursAtOnce;

  constructor(
    private readonly dataSource: DataSource,
    private readonly settings: RollUpSettings,
  ) {}

  /** Rolls up what is due until nothing is left or `signal` aborts. @returns device-hours; undefined when another instance is at it */
  async run(signal?: AbortSignal): Promise<number | undefined> {
    try {
      return await withConnection(this.dataSource, (client) =>
        exclusively(client, 'rollup', async () => {
          await closeHours(client, this.settings.graceMs);
          for (let total = 0; ;) {
            const startedMs = performance.now();
            const hours = await this.rollUpSome(client);
            total += hours;
            this.hoursAtOnce = Math.min(2 * this.hoursAtOnce, mostHoursAtOnce);
            if (hours === 0 || signal?.aborted === true) return total;
            await this.settings.rest?.(performance.now() - startedMs);
          }
        }),
      );
    } catch (error) {
      this.readyPartitions.clear();
      const tookTooLong = error instanceof PersistenceError && error.code === 'database.timeout';
      if (tookTooLong) this.hoursAtOnce = Math.ceil(this.hoursAtOnce / 8);
      throw error;
    }
  }

  /** Marks devices that a version without marks stored for; some at a time. @returns whether there may be more */
  async markUnmarked(): Promise<boolean> {
    return withConnection(this.dataSource, async (client) => {
      const devices = await unmarkedDevices(client, unmarkedAtOnce);
      for (const device of devices) await markWholeDevice(client, device);
      return devices.length === unmarkedAtOnce;
    });
  }

  /** One snapshot for marks and rows: a mark that is taken away stands for nothing that was not seen. */
  private async rollUpSome(client: PoolClient): Promise<number> {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await client.query(`SET LOCAL work_mem = '${workMemory}'`);
    const { nowMs, hours } = await dueHours(client, this.hoursAtOnce);
    const day = dayOf((hours[0]?.hour ?? 0) * hourMs);
    const classes = await classesWithRows(client, day, nowMs);
    const minuteClasses = keptClasses(day, nowMs);
    const taken = { day, classes, minuteClasses, hours: await firstOf(client, hours, { day, classes }) };
    if (taken.hours.length > 0) {
      await this.ensurePartitions(client, taken);
      await deleteMarks(client, taken.hours);
      await noteMixedHours(client, taken.hours);
      const read = await rollUpHours(client, taken, this.settings.denseRows);
      for (const step of this.settings.steps ?? []) await step(client, read);
    }
    await client.query('COMMIT');
    return taken.hours.length;
  }

  private async ensurePartitions(client: PoolClient, { day, hours, minuteClasses }: HoursOfDay): Promise<void> {
    const used = classesOf(hours.reduce((bits, { classes }) => bits | classes, 0));
    const missing = (code: RetentionClassCode): boolean => !this.readyPartitions.has(`${code}/${day}`);
    for (const code of used.filter(missing)) {
      const hasMinutes = (minuteClasses & classBit(code)) !== 0;
      await ensureRollupPartitions(client, code, dayName(day), hasMinutes ? rollupLevels : ['hour', 'day']);
      this.readyPartitions.add(`${code}/${day}`);
    }
  }
}

/** The first hours that have rows enough for a transaction. One may have none or half a million: more and more are looked at. */
async function firstOf(client: PoolClient, hours: readonly HourMark[], kept: KeptRows): Promise<HourToRollUp[]> {
  const found: HourToRollUp[] = [];
  let rows = 0;
  for (let some = 1; rows <= rowsAtOnce && found.length < hours.length; some *= 2) {
    const next = await storedOf(client, hours.slice(found.length, found.length + some), kept);
    found.push(...next);
    rows = next.reduce((total, one) => total + one.rows, rows);
  }
  return upTo(rowsAtOnce, found);
}
