import { dataQualityMeasuredV1, defaultLateAfterMs } from '@myelin/contracts';
import { type EncodedRecord, encodeEvent } from '@myelin/messaging';
import { addToOutbox } from '@myelin/outbox';
import type { PoolClient } from 'pg';
import type { HourFacts } from '../../domain/hour-facts.js';
import { type HourMark, hourMs } from '../../domain/hour-marks.js';
import { type Profiles, requireProfiles } from '../../domain/profile-policy.js';
import { publisherSource } from '../../identity.js';
import { type JudgedHour, type NamedDevice, judgeHours, namesOf } from '../../persistence/data-quality.writer.js';

/** Device-hours of one UTC day whose rows are to be judged. */
export interface TakenHours {
  readonly day: number;
  /** Bits of the classes whose rows of that day are kept. */
  readonly classes: number;
  /** With the facts of those whose rows were read already. */
  readonly hours: readonly (HourMark & { readonly facts?: HourFacts | undefined })[];
}

/**
 * What follows from the rows of a device-hour for its quality: a step of the transaction that takes the hour's mark, so
 * that quality, event and mark change together. The same rows again change nothing and tell nobody.
 *
 * @param schema the service's, unquoted
 * @throws TelemetryError telemetry.profiles-behind: the marks stay until profiles are known
 */
export function measureQuality(profiles: Profiles, schema: string) {
  return async (client: PoolClient, taken: TakenHours): Promise<void> => {
    requireProfiles(profiles);
    const names = await namesOf(client, [...new Set(taken.hours.map(({ deviceIndex }) => deviceIndex))]);
    const policyOf = ({ tenant, profile }: NamedDevice) => profiles.find(`${tenant}/${profile}`);
    const hours = taken.hours.map(({ deviceIndex, hour, facts }) => {
      const named = names.get(deviceIndex);
      const policy = named && policyOf(named);
      const expected = policy && Math.floor(hourMs / policy.expectedReportIntervalMs);
      return { deviceIndex, hour, facts, expected, lateAfterMs: policy?.lateAfterMs ?? defaultLateAfterMs };
    });
    const changed = await judgeHours(client, hours, taken);
    if (changed.length > 0) await addToOutbox(client, schema, eventsOf(changed, names));
  };
}

function eventsOf(changed: readonly JudgedHour[], names: ReadonlyMap<number, NamedDevice>): EncodedRecord[] {
  return changed.flatMap(({ deviceIndex: index, hour, expected, missing, ...measures }) => {
    const named = names.get(index);
    if (named === undefined) return [];
    const { tenant, device } = named;
    const payload = {
      ...{ tenant, device, index, hour: new Date(hour * hourMs).toISOString() },
      ...measures,
      ...(expected !== undefined && { expected }),
      ...(missing !== undefined && { missing }),
    };
    return [encodeEvent({ contract: dataQualityMeasuredV1, key: `${tenant}/${device}`, payload }, publisherSource)];
  });
}
