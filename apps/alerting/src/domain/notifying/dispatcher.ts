import { type Alert, isResolved, problemsOf } from './alert.js';
import {
  type Group,
  type StoredGroup,
  groupFromStore,
  noteTold,
  notificationOf,
  reasonToNotify,
  traceToTell,
} from './group.js';
import { type GroupId, Groups } from './groups.js';
import { Inhibitions } from './inhibitions.js';
import { type Labels, type LabelsKey, compareLabels, keyOf } from './labels.js';
import type { Notification, NotifiedAlert } from './notification.js';
import type { Policy, Route } from './policy.js';
import { isMutedByTime, routesFor } from './route-alerts.js';
import { type Silence, Silences } from './silences.js';

export interface DispatcherLimits {
  readonly maxAlerts: number;
  readonly maxGroups: number;
  readonly maxAlertsPerGroup: number;
  readonly maxAlertsPerNotification: number;
}

export const defaultLimits: DispatcherLimits = {
  maxAlerts: 100_000,
  maxGroups: 10_000,
  maxAlertsPerGroup: 10_000,
  maxAlertsPerNotification: 1_000,
};

/** Everything a dispatcher knows beside the policy and the silences, as plain data. */
export interface DispatcherState {
  readonly alerts: readonly (readonly [LabelsKey, Alert])[];
  readonly groups: readonly (readonly [GroupId, StoredGroup])[];
}

/** What changed since it was last asked for; null = gone. */
export interface DispatcherChanges {
  readonly alerts: readonly (readonly [LabelsKey, Alert | null])[];
  readonly groups: readonly (readonly [GroupId, StoredGroup | null])[];
}

/**
 * `accepted`; `outdated`: a newer one is known; `untold`: it is over and nobody heard of it; `malformed`: see
 * `problemsOf`; `refused`: there is no room for it in (one of) its groups, or for any more alerts at all.
 */
export type AcceptOutcome = 'accepted' | 'outdated' | 'untold' | 'malformed' | 'refused';

/**
 * Decides who is told what about a tenant's alerts, and when: routes, groups, silences, mute times and inhibition with
 * Alertmanager's meaning. It does nothing by itself and has no clock: every call says what time it is.
 *
 * Whoever owns it stores `takeChanges()` and the notifications of the same call in one transaction. Whatever happens
 * then, a dispatcher made of what was stored goes on as if nothing had happened: nothing is told twice, nothing left out.
 */
export class Dispatcher {
  private readonly alerts = new Map<LabelsKey, Alert>();
  private readonly changedAlerts = new Set<LabelsKey>();
  private readonly changedGroups = new Set<GroupId>();
  private groups: Groups;
  private inhibitions: Inhibitions;
  readonly silences: Silences;

  private constructor(
    private policy: Policy,
    silences: Iterable<Silence>,
    private readonly limits: DispatcherLimits,
  ) {
    this.groups = new Groups(limits, this.changedGroups);
    this.inhibitions = new Inhibitions(policy.inhibitRules);
    this.silences = new Silences(silences);
  }

  /** Goes on where the state was stored. The policy may be another one than then. */
  static restore(
    policy: Policy,
    silences: Iterable<Silence>,
    state: DispatcherState,
    nowMs: number,
    limits: DispatcherLimits = defaultLimits,
  ): Dispatcher {
    const dispatcher = new Dispatcher(policy, silences, limits);
    for (const [key, alert] of state.alerts) dispatcher.alerts.set(key, alert);
    dispatcher.regroup(
      state.groups.map(([id, stored]) => [id, groupFromStore(stored)]),
      nowMs,
    );
    dispatcher.forgetUnchanged(state);
    return dispatcher;
  }

  /** Tells of an alert that began, changed or ended. */
  accept(alert: Alert, nowMs: number): AcceptOutcome {
    if (problemsOf(alert).length > 0) return 'malformed';
    const key = keyOf(alert.labels);
    const known = this.alerts.get(key);
    if (known !== undefined && known.revision >= alert.revision) return 'outdated';
    const resolved = isResolved(alert, nowMs);
    if (known === undefined && resolved) return 'untold';
    if (known === undefined && this.alerts.size >= this.limits.maxAlerts) return 'refused';
    this.alerts.set(key, inTraceOf(known, alert));
    this.changedAlerts.add(key);
    this.inhibitions.put(key, alert.labels, alert.endsAtMs);
    return resolved ? 'accepted' : this.joinGroups(key, alert, nowMs);
  }

  /** From now on this is the policy. Groups that it has too go on as they were. */
  replacePolicy(policy: Policy, nowMs: number): void {
    this.policy = policy;
    const before = [...this.groups.all()];
    this.groups = new Groups(this.limits, this.changedGroups);
    this.inhibitions = new Inhibitions(policy.inhibitRules);
    this.regroup(before, nowMs);
  }

  /** When `tick` must be called at the latest; undefined = not before another alert comes. */
  nextDueMs(): number | undefined {
    return this.groups.nextDueMs();
  }

  /** The notifications that are due by now, at most `max` groups' in one call: ask again while `nextDueMs` is past. */
  tick(nowMs: number, max = 1_000): Notification[] {
    const notifications: Notification[] = [];
    for (let looked = 0; looked < max; looked++) {
      const due = this.groups.takeDue(nowMs);
      if (due === undefined) break;
      const notification = this.flush(due.id, due.group, due.route, nowMs);
      if (notification !== undefined) notifications.push(notification);
    }
    return notifications;
  }

  takeChanges(): DispatcherChanges {
    const changes: DispatcherChanges = {
      alerts: [...this.changedAlerts].map((key) => [key, this.alerts.get(key) ?? null]),
      groups: [...this.changedGroups].map((id) => [id, this.groups.stored(id)]),
    };
    this.changedAlerts.clear();
    this.changedGroups.clear();
    return changes;
  }

  private joinGroups(key: LabelsKey, { labels }: Alert, nowMs: number): AcceptOutcome {
    const outcomes = routesFor(this.policy, labels).map((route) => this.groups.join(key, labels, route, nowMs));
    if (!this.groups.isMember(key)) this.forget(key);
    return outcomes.includes('refused') ? 'refused' : 'accepted';
  }

  private flush(id: GroupId, group: Group, route: Route, nowMs: number): Notification | undefined {
    if (group.members.size === 0) {
      this.groups.delete(id);
      return undefined;
    }
    group.hasFlushed = true;
    this.groups.setDue(id, group, nowMs + route.groupIntervalMs);
    const members = this.membersOf(group);
    const notification = isMutedByTime(this.policy, route, nowMs)
      ? undefined
      : this.notify(
          group,
          route,
          members.filter(([, alert]) => !this.isMuted(alert, nowMs)),
          nowMs,
        );
    for (const [key, alert] of members) {
      if (isResolved(alert, nowMs)) this.leave(id, group, key);
    }
    return notification;
  }

  private notify(
    group: Group,
    route: Route,
    alerts: readonly (readonly [LabelsKey, Alert])[],
    nowMs: number,
  ): Notification | undefined {
    const receiver = this.policy.receivers.get(route.receiver);
    const sendResolved = receiver?.sendResolved ?? true;
    // To an Alertmanager what is not repeated is over.
    const repeatsAcknowledged = receiver?.kind === 'alertmanager';
    const { repeatIntervalMs } = route;
    const reason = reasonToNotify(group, alerts, { repeatIntervalMs, sendResolved, repeatsAcknowledged }, nowMs);
    if (reason === undefined || alerts.length === 0) return undefined;
    const refused = group.refusedAlerts;
    const traced = traceToTell(group, alerts, nowMs);
    noteTold(group, alerts, nowMs);
    const told = alerts.map(([, alert]) => toldOf(alert, nowMs)).filter((each) => sendResolved || !isOver(each));
    if (told.length === 0) return undefined;
    const shown = told.sort((a, b) => compareLabels(a.labels, b.labels)).slice(0, this.limits.maxAlertsPerNotification);
    const notification = notificationOf(group, route, {
      ...{ reason, status: told.every(isOver) ? 'resolved' : 'firing', atMs: nowMs },
      ...{ alerts: shown, truncatedAlerts: told.length - shown.length + refused, ...traced },
    });
    group.sequence += 1;
    return notification;
  }

  private isMuted({ labels, mutedUntilMs = 0 }: Alert, nowMs: number): boolean {
    if (nowMs < mutedUntilMs) return true;
    return this.inhibitions.isMuted(labels, nowMs) || this.silences.muting(labels, nowMs).length > 0;
  }

  private membersOf(group: Group): [LabelsKey, Alert][] {
    const members: [LabelsKey, Alert][] = [];
    for (const key of group.members.keys()) {
      const alert = this.alerts.get(key);
      if (alert !== undefined) members.push([key, alert]);
    }
    return members;
  }

  private leave(id: GroupId, group: Group, key: LabelsKey): void {
    this.groups.leave(id, group, key);
    if (!this.groups.isMember(key)) this.forget(key);
  }

  private forget(key: LabelsKey): void {
    const alert = this.alerts.get(key);
    if (alert !== undefined) this.inhibitions.remove(key, alert.labels);
    this.alerts.delete(key);
    this.changedAlerts.add(key);
  }

  /** Puts every alert where the policy wants it. Groups that stay keep what was told and when they are due. */
  private regroup(before: readonly (readonly [GroupId, Group])[], nowMs: number): void {
    const routes = Map.groupBy(allRoutes(this.policy.route), ({ receiver, key }) => routeName(receiver, key));
    const wanted = new Map([...this.alerts].map(([key, { labels }]) => [key, this.routeNames(labels)]));
    for (const [id, group] of before) {
      const name = routeName(group.receiver, group.routeKey);
      const candidates = routes.get(name);
      this.changedGroups.add(id);
      if (candidates === undefined) continue;
      const labelsOf = (key: LabelsKey): Labels | undefined =>
        wanted.get(key)?.has(name) ? this.alerts.get(key)?.labels : undefined;
      this.groups.adopt(group, candidates, labelsOf, nowMs);
    }
    for (const [key, alert] of this.alerts) {
      this.inhibitions.put(key, alert.labels, alert.endsAtMs);
      if (!isResolved(alert, nowMs)) this.joinGroups(key, alert, nowMs);
      else if (!this.groups.isMember(key)) this.forget(key);
    }
  }

  /** What is as it was stored needs not be stored again. */
  private forgetUnchanged({ groups }: DispatcherState): void {
    for (const [id, stored] of groups) {
      if (JSON.stringify(this.groups.stored(id)) === JSON.stringify(stored)) this.changedGroups.delete(id);
    }
  }

  private routeNames(labels: Labels): Set<string> {
    return new Set(routesFor(this.policy, labels).map(({ receiver, key }) => routeName(receiver, key)));
  }
}

/** A change that is nothing to tell of itself leaves the alert in the trace that it was in. */
function inTraceOf(known: Alert | undefined, alert: Alert): Alert {
  if (alert.traceparent !== undefined || known?.traceparent === undefined) return alert;
  return { ...alert, traceparent: known.traceparent };
}

function allRoutes(route: Route): Route[] {
  return [route, ...route.routes.flatMap(allRoutes)];
}

function routeName(receiver: string, key: string): string {
  return JSON.stringify([receiver, key]);
}

function isOver({ status }: NotifiedAlert): boolean {
  return status === 'resolved';
}

/** What still fires is told without an end, also where one is foreseen. */
function toldOf(alert: Alert, nowMs: number): NotifiedAlert {
  const { labels, annotations, startsAtMs, generatorUrl } = alert;
  const over = isResolved(alert, nowMs);
  return {
    ...{ status: over ? 'resolved' : 'firing', labels, annotations, startsAtMs, generatorUrl },
    endsAtMs: over ? alert.endsAtMs : null,
  };
}
