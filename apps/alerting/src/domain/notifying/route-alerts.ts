import { matchesAll } from './label-matchers.js';
import { type Labels, labelOf } from './labels.js';
import type { Policy, Route } from './policy.js';
import { isWithin } from '../definitions/time-intervals.js';

/** The routes that take an alert: on each level the first that matches, and the next ones too while it continues. */
export function routesFor({ route }: Policy, labels: Labels): Route[] {
  const taken: Route[] = [];
  take(route, labels, taken);
  return taken;
}

function take(route: Route, labels: Labels, taken: Route[]): boolean {
  if (!matchesAll(route.matchers, labels)) return false;
  const before = taken.length;
  for (const child of route.routes) {
    if (take(child, labels, taken) && !child.continue) break;
  }
  if (taken.length === before) taken.push(route);
  return true;
}

/** The labels that a group of this route shares. */
export function groupLabelsOf({ groupBy }: Route, labels: Labels): Labels {
  const names = groupBy === 'all' ? Object.keys(labels) : groupBy;
  return Object.fromEntries(
    names.map((name) => [name, labelOf(labels, name)] as const).filter(([, value]) => value !== ''),
  );
}

/** Whether the clock silences the route at that instant. */
export function isMutedByTime({ timeIntervals }: Policy, route: Route, nowMs: number): boolean {
  const within = (name: string): boolean => isWithin(timeIntervals.get(name) ?? [], nowMs);
  if (route.muteTimeIntervals.some(within)) return true;
  return route.activeTimeIntervals.length > 0 && !route.activeTimeIntervals.some(within);
}
