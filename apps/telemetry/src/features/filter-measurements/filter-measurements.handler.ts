import type { Clock } from '@myelin/kernel';
import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { firstNotableHour, firstOpenHour, lateFromMs } from '../../domain/filter-hours.js';
import { DeviceFilter } from '../../domain/filters.js';
import { type HourMark, hourMs } from '../../domain/hour-marks.js';
import { type ProfilePolicy, requireProfiles } from '../../domain/profile-policy.js';
import { dayOf, keptClasses } from '../../domain/retention.js';
import { withConnection } from '../../persistence/connection.js';
import type { FilteredCounts, HoursToDecide } from '../../persistence/discard.writer.js';
import {
  type DecidableHours,
  type FilteredDevice,
  advanceFilterStates,
  dueDevices,
  filteredDevices,
  forgetHours,
  undecidedHours,
} from '../../persistence/filter-hours.repository.js';
import { exclusively } from '../../persistence/partition.repository.js';
import { upTo } from '../../persistence/rollup.repository.js';
import { storedOf } from '../../persistence/rollup-mark.repository.js';
import { decideHours } from './decide-hours.js';
import { type FilteringProfiles, filteringPolicy } from './filtering-profiles.js';

export interface FilterSettings {
  /** By how much gateways may be slow to write what they received. */
  readonly graceMs: number;
  /** Between two transactions that took `workedMs`. */
  readonly rest?: (workedMs: number) => Promise<void>;
  /** Called once per transaction that discarded something, after its commit. */
  readonly onFiltered?: (counts: readonly FilteredCounts[]) => void;
}

/** A device of which hours may be due. */
interface DueDevice extends DecidableHours {
  readonly policy: ProfilePolicy;
  readonly filter: DeviceFilter;
}

/** One transaction takes hours up to so many rows, at least one hour. */
const rowsAtOnce = 20_000;
const hoursAtOnce = 500;

export class FilterMeasurementsHandler {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly profiles: FilteringProfiles,
    private readonly settings: FilterSettings,
  ) {}

  /**
   * Decides hours until none is due or `signal` aborts. Whatever ends it, an hour of a device is decided as a whole or later.
   * @returns device-hours; undefined when another instance is at it
   */
  async run(signal?: AbortSignal): Promise<number | undefined> {
    return withConnection(this.dataSource, (client) =>
      exclusively(client, 'filtering', async () => {
        for (let total = 0; ;) {
          const startedMs = performance.now();
          const hours = await this.decideSome(client);
          total += hours ?? 0;
          if (hours === undefined || signal?.aborted === true) return total;
          await this.settings.rest?.(performance.now() - startedMs);
        }
      }),
    );
  }

  /**
   * How far partitions are stored is read first. Rows are read after that: whatever was received until then is among them.
   * @returns device-hours; undefined when nothing was due
   */
  private async decideSome(client: PoolClient): Promise<number | undefined> {
    await client.query('BEGIN');
    const indexes = await dueDevices(client, hoursAtOnce);
    if (indexes.length > 0) requireProfiles(this.profiles);
    const devices = await this.decidable(client, indexes);
    const hours = await undecidedHours(client, devices);
    const taken = await this.someOfFirstDay(client, hours, devices);
    const filters = new Map(devices.map(({ deviceIndex, filter }) => [deviceIndex, filter]));
    const counts = await decideHours(client, taken, filters, this.clock.nowMs());
    await this.remember(client, devices, hours.slice(taken.hours.length));
    await client.query('COMMIT');
    if (counts.length > 0) this.settings.onFiltered?.(counts);
    return indexes.length === 0 ? undefined : taken.hours.length;
  }

  /** Hours of devices whose profile has no filters any more stay whole. */
  private async decidable(client: PoolClient, indexes: readonly number[]): Promise<DueDevice[]> {
    const found = await filteredDevices(client, indexes);
    const devices = found.flatMap((device) => this.dueDevice(device));
    const due = new Set(devices.map(({ deviceIndex }) => deviceIndex));
    const others = indexes.filter((index) => !due.has(index));
    if (others.length > 0) await forgetHours(client, others);
    return devices;
  }

  private dueDevice(device: FilteredDevice): DueDevice[] {
    const { deviceIndex, decidedBefore: fromHour, receivedUntilMs } = device;
    const policy = filteringPolicy(this.profiles, device);
    if (policy === undefined || receivedUntilMs === undefined) return [];
    const wait = { latenessMs: policy.latenessMs, graceMs: this.settings.graceMs };
    return [
      {
        ...{ deviceIndex, policy, fromHour, notableHour: firstNotableHour(receivedUntilMs, wait) },
        toHour: Math.max(fromHour, firstOpenHour(receivedUntilMs, wait)),
        filter: new DeviceFilter(policy.filters, device.lastKept),
      },
    ];
  }

  /** Hours of one day, so that statements open the partitions of one; the hours of a device in their order. */
  private async someOfFirstDay(
    client: PoolClient,
    hours: readonly HourMark[],
    devices: readonly DueDevice[],
  ): Promise<HoursToDecide> {
    const day = dayOf((hours[0]?.hour ?? 0) * hourMs);
    const classes = keptClasses(day, this.clock.nowMs());
    const ofDay = hours.filter(({ hour }) => dayOf(hour * hourMs) === day).slice(0, hoursAtOnce);
    if (ofDay.length === 0) return { day, classes, hours: [] };
    const policies = new Map(devices.map(({ deviceIndex, policy }) => [deviceIndex, policy]));
    const taken = upTo(rowsAtOnce, await storedOf(client, ofDay, { day, classes }));
    const latenessMs = (index: number): number => policies.get(index)?.latenessMs ?? 0;
    return {
      ...{ day, classes },
      hours: taken.map(({ deviceIndex, hour }) => ({
        ...{ deviceIndex, hour, lateFromMs: lateFromMs(hour, { latenessMs: latenessMs(deviceIndex) }) },
      })),
    };
  }

  /** @param rest hours that are left for another transaction */
  private async remember(client: PoolClient, devices: readonly DueDevice[], rest: readonly HourMark[]): Promise<void> {
    const firstLeft = new Map<number, number>();
    for (const { deviceIndex, hour } of rest) {
      firstLeft.set(deviceIndex, Math.min(hour, firstLeft.get(deviceIndex) ?? hour));
    }
    const states = devices.map(({ deviceIndex, toHour, filter, policy }) => {
      const decidedBefore = firstLeft.get(deviceIndex) ?? toHour;
      const waitMs = policy.latenessMs + this.settings.graceMs;
      return { deviceIndex, decidedBefore, lastKept: filter.remembered(decidedBefore * hourMs), waitMs };
    });
    if (states.length > 0) await advanceFilterStates(client, states);
  }
}
