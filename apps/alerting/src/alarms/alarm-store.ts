import type { Clock } from '@myelin/kernel';
import { traceparentOf } from '@myelin/observability';
import { writeToOutbox } from '@myelin/outbox';
import { type Context, context } from '@opentelemetry/api';
import type { EntityManager } from 'typeorm';
import {
  type Alarm,
  type AlarmChange,
  type ClearByRule,
  concernsNotifications,
  leadsToNotifying,
} from '../domain/alarms/alarm.js';
import { AlarmBook } from '../domain/alarms/alarm-book.js';
import type { Found, RuleAndDevice } from '../domain/alarms/found.js';
import { occurrenceId } from '../domain/alarms/occurrence-id.js';
import { type CountConcerned, Storms, isStormOver, stormGroupsOf } from '../domain/alarms/storms.js';
import { type Ended, activeOf } from '../persistence/alarm-upkeep.repository.js';
import { queueForDispatch } from '../persistence/dispatch.repository.js';
import { addEntries, lockAlarms, lockFlapping, saveAlarms, saveFlapping } from '../persistence/alarms.repository.js';
import { countStormDevices, earlierRaises } from '../persistence/storms.repository.js';
import { recordsOf } from '../publication/alarm-events.js';
import { AlarmMetrics } from './alarm-metrics.js';
import { type AlarmCause, endAlarmSpans, linkedOnly, startAlarmSpan } from './alarm-spans.js';

export type CauseOf = (change: AlarmChange) => AlarmCause;

export type EndReason = Exclude<ClearByRule['reason'], 'condition'>;

/**
 * Raises and clears alarms in the caller's transaction, together with their history and their events. What is returned
 * goes to `committed` once the transaction is.
 */
export class AlarmStore {
  constructor(
    private readonly clock: Clock,
    readonly metrics = new AlarmMetrics(),
  ) {}

  /** Counts the changes, and ends their spans. To be called when they are committed. */
  committed(changes: readonly AlarmChange[]): void {
    this.metrics.record(changes);
    endAlarmSpans(changes);
  }

  /**
   * What evaluation found, in its order. Idempotent: an occurrence that is raised is not raised again, whether it is active or
   * cleared, and one that is cleared stays as it is. Transactions that apply findings of several tenants take these in the
   * order of their names, or run again after a deadlock. What is raised as a part of a storm is inhibited from the beginning:
   * whoever raises alarms with a brake of one rule does so one after the other, for the rows of its groups are locked.
   * @throws PersistenceError; MessagingError messaging.event-invalid
   */
  async apply(
    tx: EntityManager,
    tenant: string,
    found: readonly Found[],
    concerned: CountConcerned = () => 0,
    causeOf: CauseOf = linkedOnly,
  ): Promise<readonly AlarmChange[]> {
    if (found.length === 0) return [];
    const ids = found.map(({ rule, ruleVersion: version, device, startMs }) =>
      occurrenceId({ tenant, rule, version, device, startMs }),
    );
    const { book, atMs } = await this.open(tx, tenant, ids, [...found, ...stormGroupsOf(found)]);
    for (const one of found) book.take(one, atMs);
    const storms = new Storms(book, found);
    const undecided = storms.undecided();
    const earlier = undecided.length === 0 ? new Map() : await earlierRaises(tx, tenant, undecided, atMs);
    storms.decide(earlier, concerned, atMs);
    return this.save(tx, tenant, book, atMs, causeOf);
  }

  /** Clears the alarm of a storm that is over. @throws PersistenceError */
  async endStorm(tx: EntityManager, tenant: string, group: RuleAndDevice): Promise<readonly AlarmChange[]> {
    const { book, atMs } = await this.open(tx, tenant, [], [group]);
    const alarm = book.activeOf(group);
    if (alarm?.storm === undefined) return [];
    if (!isStormOver(alarm.storm, await countStormDevices(tx, tenant, alarm, alarm.storm, atMs))) return [];
    book.clearActive(group, 'condition', atMs);
    return this.save(tx, tenant, book, atMs);
  }

  /**
   * Clears alarms whose rule or device is there no more, at most `limit`; as many changes mean that there may be more of them.
   * @throws PersistenceError
   */
  async clearEnded(
    tx: EntityManager,
    tenant: string,
    ended: Ended,
    reason: EndReason,
    limit: number,
  ): Promise<readonly AlarmChange[]> {
    const of = await activeOf(tx, tenant, ended, limit);
    if (of.length === 0) return [];
    const { book, alarms, atMs } = await this.open(tx, tenant, [], of);
    // Meanwhile the rule may have raised another one, of its new version.
    for (const alarm of alarms) if (isOf(alarm, ended)) book.clearActive(alarm, reason, atMs);
    return this.save(tx, tenant, book, atMs);
  }

  private async open(
    tx: EntityManager,
    tenant: string,
    ids: readonly string[],
    of: readonly RuleAndDevice[],
  ): Promise<{ book: AlarmBook; alarms: readonly Alarm[]; atMs: number }> {
    const memories = await lockFlapping(tx, tenant, of, new Date(this.clock.nowMs()));
    const alarms = await lockAlarms(tx, tenant, ids, of);
    // Not before the locks are had: of one alarm each change is noticed after the one before.
    return { book: new AlarmBook(tenant, alarms, memories), alarms, atMs: this.clock.nowMs() };
  }

  private async save(
    tx: EntityManager,
    tenant: string,
    book: AlarmBook,
    atMs: number,
    causeOf: CauseOf = linkedOnly,
  ): Promise<readonly AlarmChange[]> {
    await saveFlapping(tx, tenant, book.changedMemories(), atMs);
    await saveChanges(tx, tenant, book.changes, causeOf);
    return book.changes;
  }
}

/**
 * Alarms that are locked, their history, their events and what receivers may have to be told: all of it or nothing. Each change
 * has a span, whose context goes on with what is stored of it; they are ended by who commits.
 */
export async function saveChanges(
  tx: EntityManager,
  tenant: string,
  changes: readonly AlarmChange[],
  causeOf: CauseOf = linkedOnly,
): Promise<void> {
  const traced = changes.map((change) => ({ change, at: startAlarmSpan(tenant, change, causeOf(change)) }));
  const last = new Map(changes.map(({ alarm }) => [alarm.id, alarm]));
  await saveAlarms(tx, tenant, [...last.values()]);
  await addEntries(
    tx,
    tenant,
    changes.map(({ entry }) => entry),
  );
  const concerned = new Set(changes.filter(concernsNotifications).map(({ alarm }) => alarm.id));
  const told = [...last.values()].filter(({ id }) => concerned.has(id));
  await queueForDispatch(tx, tenant, told, tracesToTell(traced));
  await writeToOutbox(
    tx,
    traced.flatMap(({ change, at }) => context.with(at, () => recordsOf(tenant, change))),
  );
}

/** By alarm, where what is told of it next goes on from. */
function tracesToTell(traced: readonly { readonly change: AlarmChange; readonly at: Context }[]): Map<string, string> {
  const telling = traced.filter(({ change }) => leadsToNotifying(change));
  return new Map(
    telling.flatMap(({ change, at }) => {
      const traceparent = traceparentOf(at);
      return traceparent === undefined ? [] : [[change.alarm.id, traceparent] as const];
    }),
  );
}

function isOf(alarm: Alarm, ended: Ended): boolean {
  if ('device' in ended)
    return alarm.device === ended.device && (ended.ofRule === undefined || alarm.rule === ended.ofRule);
  return alarm.rule === ended.rule && (ended.beforeVersion === undefined || alarm.ruleVersion < ended.beforeVersion);
}
