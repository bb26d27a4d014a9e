import type { Alert } from './alert.js';
import type { Labels } from './labels.js';
import type { LabelMatcher } from './label-matchers.js';
import type { Policy, Route } from './policy.js';
import type { Silence } from './silences.js';

interface ReferenceGroup {
  readonly name: string;
  readonly receiver: string;
  readonly routeKey: string;
  readonly labels: string;
  readonly createdAtMs: number;
  alerts: Alert[];
  nextMs: number;
  flushed: boolean;
  lastMs: number | undefined;
  toldFiring: string[];
}

/**
 * For specs: the same decisions as the dispatcher's, as slowly and obviously as can be. It loops over everything at
 * every look, keeps no index, and is never interrupted.
 */
export class ReferenceDispatcher {
  private groups: ReferenceGroup[] = [];
  private readonly newest: Alert[] = [];
  private silences: Silence[] = [];

  constructor(private policy: Policy) {}

  accept(alert: Alert, nowMs: number): void {
    const isFiring = alert.endsAtMs === null || alert.endsAtMs > nowMs;
    const isHeld = this.groups.some(({ alerts }) => alerts.some((each) => same(each, alert)));
    if (!isFiring && !isHeld) return;
    this.newest.push(alert);
    for (const group of this.groups) group.alerts = group.alerts.map((each) => (same(each, alert) ? alert : each));
    if (isFiring) this.join(alert, nowMs);
  }

  putSilence(silence: Silence): void {
    this.silences = [...this.silences.filter(({ id }) => id !== silence.id), silence];
  }

  replacePolicy(policy: Policy, nowMs: number): void {
    const held = this.heldAlerts();
    this.policy = policy;
    this.groups = this.groups.flatMap((group) => {
      const all = allRoutes(policy.route).filter(
        ({ key, receiver }) => key === group.routeKey && receiver === group.receiver,
      );
      const [route] = all;
      if (route === undefined) return [];
      const alerts = group.alerts.filter((alert) => nameFor(alert, policy.route).includes(group.name));
      const latest = group.flushed ? nowMs + route.groupIntervalMs : group.createdAtMs + route.groupWaitMs;
      const toldFiring = group.toldFiring.filter((each) => alerts.map(show).includes(each));
      return [{ ...group, alerts, toldFiring, nextMs: Math.min(group.nextMs, latest) }];
    });
    for (const alert of held) if (fires(alert, nowMs)) this.join(alert, nowMs);
  }

  /** What is told at this instant, one line per notification, sorted. */
  tick(nowMs: number): string[] {
    const told: string[] = [];
    for (const group of this.groups.filter(({ nextMs }) => nextMs <= nowMs)) {
      if (group.alerts.length === 0) {
        this.groups = this.groups.filter((each) => each !== group);
        continue;
      }
      const route = this.routeOf(group);
      group.flushed = true;
      group.nextMs = nowMs + route.groupIntervalMs;
      const heard = group.alerts.filter((alert) => !this.isMuted(alert, nowMs));
      const isKnown = heard.every((alert) => !fires(alert, nowMs) || alert.isAcknowledged);
      const firing = heard
        .filter((alert) => fires(alert, nowMs))
        .map(show)
        .sort();
      const over = heard
        .filter((alert) => !fires(alert, nowMs))
        .map(show)
        .sort();
      if (this.mustTell(group, route, { firing, over, isKnown }, nowMs)) {
        group.lastMs = nowMs;
        group.toldFiring = firing;
        const wantsOver = this.policy.receivers.get(group.receiver)?.sendResolved;
        if (firing.length > 0 || wantsOver)
          told.push(`${group.name}: firing ${firing.join(' ')}${wantsOver ? ` over ${over.join(' ')}` : ''}`);
      }
      group.alerts = group.alerts.filter((alert) => fires(alert, nowMs));
      const held = group.alerts.map(show);
      group.toldFiring = group.toldFiring.filter((each) => held.includes(each));
    }
    return told.sort();
  }

  private mustTell(
    group: ReferenceGroup,
    route: Route,
    { firing, over, isKnown }: { firing: string[]; over: string[]; isKnown: boolean },
    nowMs: number,
  ): boolean {
    if (firing.length + over.length === 0) return false;
    if (group.lastMs === undefined) return firing.length > 0;
    if (firing.some((each) => !group.toldFiring.includes(each))) return true;
    if (firing.length === 0) return group.toldFiring.length > 0;
    if (over.length > 0 && this.policy.receivers.get(group.receiver)?.sendResolved) return true;
    if (isKnown && this.policy.receivers.get(group.receiver)?.kind !== 'alertmanager') return false;
    return nowMs - group.lastMs >= route.repeatIntervalMs;
  }

  private isMuted({ labels, mutedUntilMs }: Alert, nowMs: number): boolean {
    const shelved = mutedUntilMs !== undefined && nowMs < mutedUntilMs;
    const silenced = this.silences.some(
      ({ matchers, startsAtMs, endsAtMs }) => all(matchers, labels) && startsAtMs <= nowMs && nowMs < endsAtMs,
    );
    const inhibited = this.policy.inhibitRules.some(
      ({ sourceMatchers, targetMatchers, equal }) =>
        all(targetMatchers, labels) &&
        this.heldAlerts().some(
          (source) =>
            fires(source, nowMs) &&
            all(sourceMatchers, source.labels) &&
            equal.every((name) => (source.labels[name] ?? '') === (labels[name] ?? '')) &&
            !(all(sourceMatchers, labels) && all(targetMatchers, source.labels)),
        ),
    );
    return shelved || silenced || inhibited;
  }

  private join(alert: Alert, nowMs: number): void {
    for (const route of routesOf(this.policy.route, alert.labels)) {
      const name = groupName(route, alert.labels);
      let group = this.groups.find((each) => each.name === name);
      if (group === undefined) {
        group = {
          ...{ name, receiver: route.receiver, routeKey: route.key, labels: labelText(route, alert.labels) },
          ...{ createdAtMs: nowMs, alerts: [], nextMs: nowMs + route.groupWaitMs },
          ...{ flushed: false, lastMs: undefined, toldFiring: [] },
        };
        this.groups.push(group);
      }
      if (!group.alerts.some((each) => same(each, alert))) group.alerts.push(alert);
    }
  }

  private heldAlerts(): Alert[] {
    return this.groups.flatMap(({ alerts }) => alerts);
  }

  private routeOf({ routeKey, receiver }: ReferenceGroup): Route {
    return allRoutes(this.policy.route).find((each) => each.key === routeKey && each.receiver === receiver) as Route;
  }
}

function routesOf(route: Route, labels: Labels): Route[] {
  if (!all(route.matchers, labels)) return [];
  const below: Route[] = [];
  for (const child of route.routes) {
    const taken = routesOf(child, labels);
    below.push(...taken);
    if (taken.length > 0 && !child.continue) break;
  }
  return below.length > 0 ? below : [route];
}

const allRoutes = (route: Route): Route[] => [route, ...route.routes.flatMap(allRoutes)];
const all = (matchers: readonly LabelMatcher[], labels: Labels): boolean =>
  matchers.every((each) => each.matches(labels));
const show = ({ labels }: Alert): string => JSON.stringify(Object.entries(labels).sort());
const same = (a: Alert, b: Alert): boolean => show(a) === show(b);
const fires = ({ endsAtMs }: Alert, nowMs: number): boolean => endsAtMs === null || endsAtMs > nowMs;
const labelText = ({ groupBy }: Route, labels: Labels): string =>
  JSON.stringify(
    Object.entries(labels)
      .filter(([name]) => groupBy === 'all' || groupBy.includes(name))
      .sort(),
  );
const groupName = (route: Route, labels: Labels): string =>
  `${route.receiver} ${route.key} ${labelText(route, labels)}`;
const nameFor = (alert: Alert, root: Route): string[] =>
  routesOf(root, alert.labels).map((route) => groupName(route, alert.labels));
