import { setTimeout as delay } from 'node:timers/promises';
import type { EventContract } from '@myelin/contracts';
import type { KafkaAdmin, PartitionLag } from '@myelin/messaging';
import type { Check } from '../examine.js';
import { type Finding, error, info, ok, warning } from '../finding.js';
import { withAdmin } from '../kafka/with-admin.js';

const check = 'kafka.groups';
/** Between two looks; who works has committed something by then. */
const watchedMs = 2_500;
/** A shorter time would call a group stuck that is only slow. */
const leastWatchedMs = 1_000;
/** For both looks and the time between them. */
const timeMs = 4_600;

/** Consumer groups that do not get on: nobody in them, or somebody who does not move. */
export const groups: Check = ({ config, contracts, signal }) =>
  withAdmin(config, async (admin) => {
    const declared = declaredGroups(contracts);
    const known = (await admin.listGroups()).filter((group) => declared.has(group));
    if (known.length === 0) return [info(check, 'none of the groups of the contracts has been seen here yet')];
    const beganMs = performance.now();
    const before = await laggingOf(admin, known);
    const lookMs = performance.now() - beganMs;
    const waitMs = Math.min(watchedMs, timeMs - 2 * lookMs);
    if (before.size > 0 && waitMs < leastWatchedMs) {
      const detail = `Kafka takes ${(lookMs / 1_000).toFixed(1)} s to say where groups are: whether they get on was not watched`;
      return [warning(check, detail, 'see whether the brokers are overloaded, and run the doctor again')];
    }
    if (before.size > 0) await delay(waitMs, undefined, { signal });
    const suspects = [...before.keys()];
    const [after, states] = await Promise.all([laggingOf(admin, suspects), admin.describeGroups(suspects)]);
    const wrong = suspects.flatMap((group) => {
      const members = states.get(group)?.members ?? 0;
      return judge(group, declared.get(group) ?? '', { members, before: before.get(group), after: after.get(group) });
    });
    return wrong.length > 0 ? wrong : [ok(check, `${known.length} consumer groups, none of them is stuck`)];
  });

function declaredGroups(contracts: readonly EventContract[]): ReadonlyMap<string, string> {
  const consumers = contracts.flatMap((event) => event.consumers);
  return new Map(consumers.flatMap((one) => (one.kind === 'group' ? [[one.group, one.service] as const] : [])));
}

/** Group -> what it has not read yet. */
async function laggingOf(admin: KafkaAdmin, names: readonly string[]): Promise<Map<string, PartitionLag[]>> {
  const all = await Promise.all(names.map(async (name) => [name, await admin.lag(name)] as const));
  const behind = all.map(([name, lags]) => [name, lags.filter(({ lag }) => lag > 0n)] as const);
  return new Map(behind.filter(([, lags]) => lags.length > 0));
}

export interface WatchedGroup {
  readonly members: number;
  readonly before: readonly PartitionLag[] | undefined;
  /** The same a little later; undefined when nothing was left to read. */
  readonly after: readonly PartitionLag[] | undefined;
}

export function judge(group: string, service: string, { members, before = [], after = [] }: WatchedGroup): Finding[] {
  if (after.length === 0) return [];
  const records = after.reduce((sum, { lag }) => sum + lag, 0n);
  if (members === 0) {
    const detail = `nobody is in ${group}, and ${records} records wait for it`;
    return [error(check, detail, `start ${service}; if it runs, see why it does not join (its log, /health/ready)`)];
  }
  const committed = (lags: readonly PartitionLag[]): Map<string, bigint | undefined> =>
    new Map(lags.map((one) => [`${one.topic} ${one.partition}`, one.committed]));
  const [was, is] = [committed(before), committed(after)];
  const still = [...was].filter(([partition, position]) => is.has(partition) && is.get(partition) === position);
  if (still.length < was.size) return [];
  const detail = `${group} has ${members} members, and has read none of ${records} records while it was watched`;
  const remedy = `see ${service}'s log and /health/ready for what it waits for (a database, a record that halts its key); then restart it`;
  return [error(check, detail, remedy)];
}
