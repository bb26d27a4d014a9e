import { DueTimes } from './due-times.js';
import { type Group, type StoredGroup, type Told, groupToStore } from './group.js';
import { type Labels, type LabelsKey, showLabels } from './labels.js';
import type { Route } from './policy.js';
import { groupLabelsOf } from './route-alerts.js';

export interface GroupLimits {
  readonly maxGroups: number;
  readonly maxAlertsPerGroup: number;
}

export type JoinOutcome = 'joined' | 'was-member' | 'refused';

/** A route's groups have one name for each receiver and key, whatever stands beside the route. */
export type GroupId = string;

/** All groups of a tenant, who is in which, when each is due, and which ones changed since they were last stored. */
export class Groups {
  private readonly byId = new Map<GroupId, Group>();
  private readonly routes = new Map<GroupId, Route>();
  private readonly memberships = new Map<LabelsKey, Set<GroupId>>();
  private readonly due = new DueTimes();

  constructor(
    private readonly limits: GroupLimits,
    private readonly changed: Set<GroupId>,
  ) {}

  get size(): number {
    return this.byId.size;
  }

  nextDueMs(): number | undefined {
    return this.due.nextMs();
  }

  takeDue(nowMs: number): { id: GroupId; group: Group; route: Route } | undefined {
    const id = this.due.take(nowMs);
    if (id === undefined) return undefined;
    const [group, route] = [this.byId.get(id), this.routes.get(id)];
    return group && route && { id, group, route };
  }

  all(): IterableIterator<[GroupId, Group]> {
    return this.byId.entries();
  }

  stored(id: GroupId): StoredGroup | null {
    const group = this.byId.get(id);
    return group === undefined ? null : groupToStore(group);
  }

  isMember(key: LabelsKey): boolean {
    return this.memberships.has(key);
  }

  /** Puts an alert into its group of the route; makes the group, due after `groupWaitMs`, when it is not there. */
  join(key: LabelsKey, labels: Labels, route: Route, nowMs: number): JoinOutcome {
    const ownLabels = groupLabelsOf(route, labels);
    const [own, overflow] = [groupId(route, ownLabels, false), groupId(route, {}, true)];
    const memberships = this.memberships.get(key);
    if (memberships?.has(own) || memberships?.has(overflow)) return 'was-member';
    // Where there are too many groups, an alert is told with others of its route rather than not at all.
    const isOverflow = !this.byId.has(own) && this.byId.size >= this.limits.maxGroups;
    const id = isOverflow ? overflow : own;
    const group = this.byId.get(id) ?? this.make(id, route, isOverflow ? {} : ownLabels, isOverflow, nowMs);
    if (group.members.size >= this.limits.maxAlertsPerGroup) {
      group.refusedAlerts += 1;
      this.changed.add(id);
      return 'refused';
    }
    this.addMember(id, group, key, undefined);
    return 'joined';
  }

  /**
   * Takes a group over with those of its members that the route still puts into it.
   * @param candidates the routes of its receiver and key, at least one: they may differ in what they group by
   */
  adopt(
    group: Group,
    candidates: readonly Route[],
    labelsOf: (key: LabelsKey) => Labels | undefined,
    nowMs: number,
  ): void {
    const id = groupId(candidates[0] as Route, group.labels, group.isOverflow);
    const members = [...group.members.keys()].map(labelsOf).filter((labels) => labels !== undefined);
    const makesIt = (route: Route): boolean =>
      members.some((labels) => groupId(route, groupLabelsOf(route, labels), false) === id);
    const route = candidates.find(makesIt) ?? (candidates[0] as Route);
    // A route that has become quicker is so at once; one that has become slower is so from the next time on.
    const latestMs = group.hasFlushed ? nowMs + route.groupIntervalMs : group.createdAtMs + route.groupWaitMs;
    const adopted: Group = { ...group, nextFlushMs: Math.min(group.nextFlushMs, latestMs), members: new Map() };
    this.byId.set(id, adopted);
    this.routes.set(id, route);
    this.setDue(id, adopted, adopted.nextFlushMs);
    for (const [key, told] of group.members) {
      const labels = labelsOf(key);
      if (labels === undefined) continue;
      if (group.isOverflow || groupId(route, groupLabelsOf(route, labels), false) === id)
        this.addMember(id, adopted, key, told);
    }
  }

  setDue(id: GroupId, group: Group, dueMs: number): void {
    group.nextFlushMs = dueMs;
    this.due.set(id, dueMs);
    this.changed.add(id);
  }

  leave(id: GroupId, group: Group, key: LabelsKey): void {
    group.members.delete(key);
    const memberships = this.memberships.get(key);
    memberships?.delete(id);
    if (memberships?.size === 0) this.memberships.delete(key);
    this.changed.add(id);
  }

  delete(id: GroupId): void {
    this.byId.delete(id);
    this.routes.delete(id);
    this.due.delete(id);
    this.changed.add(id);
  }

  private make(id: GroupId, route: Route, labels: Labels, isOverflow: boolean, nowMs: number): Group {
    const group: Group = {
      ...{ receiver: route.receiver, routeKey: route.key, labels, isOverflow, createdAtMs: nowMs },
      ...{ nextFlushMs: nowMs, hasFlushed: false, lastNotifiedAtMs: null, sequence: 0, refusedAlerts: 0 },
      members: new Map(),
    };
    this.byId.set(id, group);
    this.routes.set(id, route);
    this.setDue(id, group, nowMs + route.groupWaitMs);
    return group;
  }

  private addMember(id: GroupId, group: Group, key: LabelsKey, told: Told): void {
    group.members.set(key, told);
    const memberships = this.memberships.get(key);
    if (memberships === undefined) this.memberships.set(key, new Set([id]));
    else memberships.add(id);
    this.changed.add(id);
  }
}

function groupId({ receiver, key }: Route, labels: Labels, isOverflow: boolean): GroupId {
  return JSON.stringify([receiver, key, isOverflow ? 'overflow' : showLabels(labels)]);
}
