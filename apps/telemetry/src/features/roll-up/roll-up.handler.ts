import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { rollupLevels } from '../../domain/resolution.js';
import { type RetentionClassCode, classBit, classesOf, dayName, dayOf, keptClasses } from '../../domain/retention.js';
import { hourMs } from '../../domain/hour-marks.js';
import { withConnection } from '../../persistence/connection.js';
import { classesWithRows, exclusively } from '../../persistence/partition.repository.js';
import { closeHours } from '../../persistence/position.repository.js';
import {
  deleteMarks,
  dueHours,
  markWholeDevice,
  noteMixedHours,
  storedOf,
  unmarkedDevices,
} from '../../persistence/rollup-mark.repository.js';
import { type HoursOfDay, ensureRollupPartitions, rollUpHours, upTo } from '../../persistence/rollup.repository.js';

/** What else follows from the rows of a device-hour, in the transaction that takes its mark. */
export type HourStep = (client: PoolClient, taken: HoursOfDay) => Promise<void>;

export interface RollUpSettings {
  /** How long after its end an hour waits for what is slow; later rows cost it another time. */
  readonly graceMs: number;
  /** Between two transactions that took `workedMs`: the writer is to have the disk and the processors. */
  readonly rest?: (workedMs: number) => Promise<void>;
  readonly steps?: readonly HourStep[];
}

/** One transaction takes hours up to so many rows, at least one hour. */
const rowsAtOnce = 20_000;
const hoursAtOnce = 500;
const unmarkedAtOnce = 100;

export class RollUpHandler {
  private readonly readyPartitions = new Set<string>();

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
            if (hours === 0 || signal?.aborted === true) return total;
            await this.settings.rest?.(performance.now() - startedMs);
          }
        }),
      );
    } catch (error) {
      this.readyPartitions.clear();
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
    const { nowMs, hours } = await dueHours(client, hoursAtOnce);
    const day = dayOf((hours[0]?.hour ?? 0) * hourMs);
    const classes = await classesWithRows(client, day, nowMs);
    const minuteClasses = keptClasses(day, nowMs);
    const stored = await storedOf(client, hours, { day, classes });
    const taken = { day, classes, minuteClasses, hours: upTo(rowsAtOnce, stored) };
    if (taken.hours.length > 0) {
      await this.ensurePartitions(client, taken);
      await deleteMarks(client, taken.hours);
      await noteMixedHours(client, taken.hours);
      await rollUpHours(client, taken);
      for (const step of this.settings.steps ?? []) await step(client, taken);
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
