import type { Pace } from './pace.js';

/** What may happen to devices of a demonstration, in the order in which few devices are shared out. */
export const incidentKinds = [
  /** All devices of a site send nothing. */
  'site-dark',
  /** A device sends nothing. */
  'silence',
  /** A device says by turns that it is offline and online, with each report. */
  'flapping',
  'battery-low',
  /** A counter runs several times as fast as it should. */
  'counter-surge',
  /** A counter begins anew. No alarm follows from that. */
  'counter-reset',
  /** Three readings far from the others. */
  'spike',
  /** Readings that go away from where they should be, slowly. */
  'drift',
] as const;
export type IncidentKind = (typeof incidentKinds)[number];

/**
 * Something that happens to devices. Times are milliseconds since the fleet's start, in true time: a device whose clock is
 * wrong says so much more or less.
 */
export interface Incident {
  readonly kind: IncidentKind;
  /** By their numbers in the fleet. */
  readonly devices: readonly number[];
  readonly fromMs: number;
  readonly toMs: number;
}

/** How often a device that flaps says that it is offline; marked as flapping it is from the fifth time on. */
export const flaps = 6;
/** Readings that the models have to see before. */
export const modelWarmUp = 20;
/** So much longer than it takes to be noticed is a device silent. */
const silenceMarginMs = 5_000;

interface Course {
  /** From the fleet's start, before it can be noticed. */
  readonly leadMs: number;
  readonly lengthMs: number;
  /** From its end until rules have seen that it is over. */
  readonly afterMs: number;
}

/** How an incident of a kind goes in a fleet of such a pace. */
export function courseOf(kind: IncidentKind, pace: Pace): Course {
  const { intervalMs, stallMs, holdMs, latenessMs, silenceMs, rateWindowMs } = pace;
  // By then every device was heard, and the rules are known.
  const leadMs = intervalMs + holdMs + 2_000;
  // A reading counts when one is there that was measured so much later.
  const countedMs = latenessMs + 2 * intervalMs;
  switch (kind) {
    case 'site-dark':
    case 'silence':
      return { leadMs, lengthMs: silenceMs + silenceMarginMs, afterMs: intervalMs + 500 };
    case 'flapping':
      return { leadMs, lengthMs: 2 * flaps * intervalMs + stallMs + 500, afterMs: countedMs };
    case 'battery-low':
      return { leadMs, lengthMs: Math.max(8 * intervalMs, 4_000), afterMs: countedMs };
    case 'counter-surge':
      return { leadMs, lengthMs: rateWindowMs + Math.max(intervalMs, 1_000), afterMs: rateWindowMs + countedMs };
    case 'counter-reset':
      return { leadMs, lengthMs: rateWindowMs, afterMs: countedMs };
    case 'spike':
      return { leadMs: leadMs + modelWarmUp * intervalMs, lengthMs: 3 * intervalMs, afterMs: countedMs };
    case 'drift':
      return { leadMs: leadMs + modelWarmUp * intervalMs, lengthMs: 15 * intervalMs, afterMs: countedMs };
  }
}
