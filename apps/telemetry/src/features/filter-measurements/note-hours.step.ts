import type { PoolClient } from 'pg';
import { decidedFromMs, firstNotableHour } from '../../domain/filter-hours.js';
import type { HourMark } from '../../domain/hour-marks.js';
import { requireProfiles } from '../../domain/profile-policy.js';
import { filteredDevices, noteHours } from '../../persistence/filter-hours.repository.js';
import { type FilteringProfiles, filteringPolicy } from './filtering-profiles.js';

/**
 * Notes which hours are to be decided, when they are rolled up: a step of the transaction that takes their marks. Where
 * no profile has filters it does nothing.
 *
 * @throws TelemetryError telemetry.profiles-behind: the marks stay until profiles are known
 */
export function noteHoursToFilter(profiles: FilteringProfiles, graceMs: number) {
  return async (client: PoolClient, taken: { readonly hours: readonly HourMark[] }): Promise<void> => {
    requireProfiles(profiles);
    if (!profiles.someFilter) return;
    const devices = await filteredDevices(client, [...new Set(taken.hours.map(({ deviceIndex }) => deviceIndex))]);
    const known = new Map(devices.map((device) => [device.deviceIndex, device]));
    const noted = taken.hours.flatMap(({ deviceIndex, hour }) => {
      const device = known.get(deviceIndex);
      const policy = device && filteringPolicy(profiles, device);
      if (policy === undefined || device?.receivedUntilMs === undefined) return [];
      const wait = { latenessMs: policy.latenessMs, graceMs };
      if (hour < Math.max(device.decidedBefore, firstNotableHour(device.receivedUntilMs, wait))) return [];
      return [{ deviceIndex, hour, dueMs: decidedFromMs(hour, wait) }];
    });
    if (noted.length > 0) await noteHours(client, noted);
  };
}
