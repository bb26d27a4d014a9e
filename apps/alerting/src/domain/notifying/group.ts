import { type Alert, isResolved } from './alert.js';
import { type Labels, type LabelsKey, showLabels } from './labels.js';
import type { Notification, NotificationReason } from './notification.js';
import type { Route } from './policy.js';

/** What the receiver was last told of an alert; undefined = nothing, or not in the last notification. */
export type Told = 'firing' | 'resolved' | undefined;

/** Alerts that are told together: those that one route takes and that have the same values for its labels. */
export interface Group {
  readonly receiver: string;
  readonly routeKey: string;
  readonly labels: Labels;
  /** True: it holds what a route has no groups for any more; its labels are empty. */
  readonly isOverflow: boolean;
  readonly createdAtMs: number;
  /** The next instant at which the group is looked at. */
  nextFlushMs: number;
  /** False: it waits for the first time. */
  hasFlushed: boolean;
  lastNotifiedAtMs: number | null;
  /** How many notifications there were. */
  sequence: number;
  /** Alerts that the group had no room for since the last notification. */
  refusedAlerts: number;
  readonly members: Map<LabelsKey, Told>;
}

/** The group as it is stored. */
export interface StoredGroup extends Omit<Group, 'members'> {
  readonly members: readonly (readonly [LabelsKey, 'firing' | 'resolved' | null])[];
}

export function groupToStore({ members, ...rest }: Group): StoredGroup {
  return { ...rest, members: [...members].map(([key, told]) => [key, told ?? null]) };
}

export function groupFromStore({ members, ...rest }: StoredGroup): Group {
  return { ...rest, members: new Map(members.map(([key, told]) => [key, told ?? undefined])) };
}

/** What decides about notifications beside the alerts themselves. */
export interface Telling {
  readonly repeatIntervalMs: number;
  readonly sendResolved: boolean;
  /** False: what is acknowledged is not told again while it lasts. */
  readonly repeatsAcknowledged: boolean;
}

/**
 * Why the receiver must hear of the group now; undefined = it need not. Alertmanager's `DedupStage.needsUpdate`, which
 * knows no acknowledgements.
 * @param alerts those that are not muted
 */
export function reasonToNotify(
  group: Group,
  alerts: readonly (readonly [LabelsKey, Alert])[],
  { repeatIntervalMs, sendResolved, repeatsAcknowledged }: Telling,
  nowMs: number,
): NotificationReason | undefined {
  const told = (status: Told): boolean => [...group.members.values()].includes(status);
  const firing = alerts.filter(([, alert]) => !isResolved(alert, nowMs));
  if (group.lastNotifiedAtMs === null) return firing.length > 0 ? 'first notification' : undefined;
  if (firing.some(([key]) => group.members.get(key) !== 'firing')) return 'new alerts added';
  // Irrespective of `sendResolved`: what fired must be forgotten, so that it is new when it fires again.
  if (firing.length === 0) return told('firing') ? 'all alerts resolved' : undefined;
  const over = alerts.filter(([, alert]) => isResolved(alert, nowMs));
  if (sendResolved && over.some(([key]) => group.members.get(key) !== 'resolved')) return 'some alerts resolved';
  if (!repeatsAcknowledged && firing.every(([, alert]) => alert.isAcknowledged === true)) return undefined;
  return group.lastNotifiedAtMs + repeatIntervalMs <= nowMs ? 'repeat interval elapsed' : undefined;
}

/** Where the next notification goes on from: what is told for the first time comes before what is repeated. */
export function traceToTell(
  { members }: Group,
  alerts: readonly (readonly [LabelsKey, Alert])[],
  nowMs: number,
): Pick<Notification, 'traceparent'> {
  const isNews = ([key, alert]: readonly [LabelsKey, Alert]): boolean =>
    members.get(key) !== (isResolved(alert, nowMs) ? 'resolved' : 'firing');
  const traced = alerts.filter(([, alert]) => alert.traceparent !== undefined);
  const traceparent = (traced.find(isNews) ?? traced[0])?.[1].traceparent;
  return traceparent === undefined ? {} : { traceparent };
}

/** Notes what the receiver is being told: of these alerts their state, of all others nothing. */
export function noteTold(group: Group, alerts: readonly (readonly [LabelsKey, Alert])[], nowMs: number): void {
  for (const key of group.members.keys()) group.members.set(key, undefined);
  for (const [key, alert] of alerts) group.members.set(key, isResolved(alert, nowMs) ? 'resolved' : 'firing');
  group.lastNotifiedAtMs = nowMs;
  group.refusedAlerts = 0;
}

/** Repeats happen when the group is looked at, so at multiples of its interval. */
export function repeatsWithinMs({ groupIntervalMs, repeatIntervalMs }: Route): number {
  return Math.max(1, Math.ceil(repeatIntervalMs / groupIntervalMs)) * groupIntervalMs;
}

export function notificationOf(
  group: Group,
  route: Route,
  content: Pick<Notification, 'reason' | 'status' | 'alerts' | 'truncatedAlerts' | 'atMs' | 'traceparent'>,
): Notification {
  return {
    receiver: group.receiver,
    groupKey: `${group.routeKey}:${group.isOverflow ? 'overflow' : showLabels(group.labels)}`,
    groupLabels: group.labels,
    groupCreatedAtMs: group.createdAtMs,
    sequence: group.sequence,
    ...content,
    repeatsWithinMs: repeatsWithinMs(route),
  };
}
