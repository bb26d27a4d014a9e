import type { Series } from './series.js';

/** When the run of a fleet with filtered devices ends, and what follows for them. */
export interface FilterPlan {
  /** By how much the clocks of the filtered devices are set back. */
  readonly behindMs: number;
  /** Of their profiles. */
  readonly latenessMs: number;
  /** When what they report counts as late; undefined when the run has no planned end. */
  readonly lateFromMs: number | undefined;
}

const hourMs = 3_600_000;
/** What is measured while the start takes its time is of the same hour still. */
const marginMs = 5_000;
/** How long after the end reports may still come. */
const slackMs = 10_000;

/**
 * Filters decide an hour of device time when it is over and `latenessMs` has passed. So that this comes soon after the end of
 * a run, clocks of filtered devices are behind by up to an hour: what they measure last is of the end of an hour. A run without
 * a planned end has true clocks, and its hours are decided when they are over.
 */
export function filterPlan(nowMs: number, forMs: number | undefined): FilterPlan {
  if (forMs === undefined) return { behindMs: 0, latenessMs: slackMs, lateFromMs: undefined };
  const endMs = nowMs + forMs;
  const behindMs = (endMs + marginMs) % hourMs;
  const fullHourMs = endMs + marginMs - behindMs;
  const lateFromMs = endMs + slackMs;
  return { behindMs, latenessMs: lateFromMs - fullHourMs, lateFromMs };
}

/** So many intervals between two kept values of a metric, at least. */
const keptEvery = 5;

/** The metrics of a profile with filters: every metric has a minimum interval, numbers a deadband too. */
export function filtersOf({ metric, values }: Series, intervalMs: number): Readonly<Record<string, object>> {
  const minimumIntervalMs = Math.min(86_400_000, Math.max(1, Math.round(keptEvery * intervalMs)));
  const highest = values.reduce((most, value) => Math.max(most, value), -Infinity);
  const lowest = values.reduce((least, value) => Math.min(least, value), Infinity);
  return {
    [metric]: { minimumIntervalMs, deadband: (highest - lowest) / 20 || 1 },
    battery: { minimumIntervalMs, deadband: 1 },
    online: { minimumIntervalMs },
    waveform: { minimumIntervalMs },
    place: { minimumIntervalMs },
    energy: { minimumIntervalMs },
  };
}
