import type { Alert, Series, Urgency } from './alert.js';
import type { Objective, Window } from './objective.js';

/**
 * How fast the budget of 30 days burns before somebody is told: both windows have to burn that fast, the long one so that
 * a moment is not enough, the short one so that it is over soon after its cause. After the SRE Workbook, chapter 5.
 */
export const burnRates: readonly {
  readonly long: Window;
  readonly short: Window;
  readonly factor: number;
  readonly urgency: Urgency;
}[] = [
  { long: '1h', short: '5m', factor: 14.4, urgency: 'page' },
  { long: '6h', short: '30m', factor: 6, urgency: 'page' },
  { long: '1d', short: '2h', factor: 3, urgency: 'ticket' },
  { long: '3d', short: '6h', factor: 1, urgency: 'ticket' },
];

/** Each window of {@link burnRates} once, the shortest first. */
export const windows: readonly Window[] = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'];

/** The name of what is recorded: the share of events that failed. */
export function recordOf(window: Window): string {
  return `myelin:objective_failures:ratio_rate${window}`;
}

/** Two alerts of each objective: for a page and for a ticket. */
export function burnRateAlerts(objective: Objective): Alert[] {
  return (['page', 'ticket'] as const).map((urgency) => burnRateAlert(objective, urgency));
}

function burnRateAlert(objective: Objective, urgency: Urgency): Alert {
  const budget = Number((1 - objective.target).toFixed(6));
  const labels = `{objective="${objective.name}"}`;
  const above = (window: Window, factor: number): string =>
    `${recordOf(window)}${labels} > ${Number((factor * budget).toFixed(6))}`;
  const conditions = burnRates
    .filter((rate) => rate.urgency === urgency)
    .map(({ long, short, factor }) => `(${above(long, factor)} and ${above(short, factor)})`);
  const words = objective.name.split('-').map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`);
  return {
    name: `${words.join('')}${urgency === 'page' ? 'BurnsFast' : 'BurnsSlowly'}`,
    runbook: objective.runbook ?? objective.name,
    urgency,
    summary: `${objective.promise}: the budget of 30 days burns ${urgency === 'page' ? 'within days' : 'too soon'}`,
    when: conditions.join('\nor\n'),
    trial: trialOf(objective, urgency),
  };
}

/** A rate over a day is the same after half an hour if nothing was before. */
const minutes = 30;

/** Of events at a steady rate some fail: far too many, somewhat too many, or a tenth less than are allowed. */
function trialOf({ target, trial }: Objective, urgency: Urgency): Alert['trial'] {
  const steady = (perMinute: number): string => `0+${perMinute}x${minutes}`;
  const mixed = (failed: number): Series => {
    const series: Record<string, string> = {};
    // A series of both kinds counts all: of a histogram, all events.
    const both = trial.bad.filter((name) => trial.good.includes(name));
    for (const name of trial.good) series[name] = steady(1_000_000 - (both.includes(name) ? 0 : failed));
    for (const name of trial.bad.filter((name) => !both.includes(name))) series[name] = steady(failed);
    return series;
  };
  const allowed = Math.round((1 - target) * 900_000);
  // A slow burn is one that a fast alert need not see, and yet more than is allowed.
  const burning = urgency === 'page' ? 500_000 : Math.min(900_000, Math.round((1 - target) * 1_000_000 * 4));
  return { fires: mixed(burning), byMinute: minutes, quiet: mixed(allowed) };
}
