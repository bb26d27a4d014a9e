import { Random } from '../random.js';
import { type Incident, type IncidentKind, courseOf, incidentKinds } from './incident.js';
import type { Pace } from './pace.js';

export interface PlanSettings {
  readonly pace: Pace;
  /** In the fleet. */
  readonly devices: number;
  /** Undefined when nobody knows the end. */
  readonly forMs: number | undefined;
  readonly seed: number;
}

/** Of the fleet, for each kind and round. */
const share = 0.02;
const mostDevices = 20;
const leastRoundMs = 60_000;
/** What is planned stays small however long the run is; without a planned end, nothing happens after six hours. */
const mostRounds = 360;

/** Where the devices of a demonstration stand. */
export const halls = ['sim-hall-1', 'sim-hall-2', 'sim-hall-3'] as const;
export const depot = 'sim-depot';
const depotShare = 0.05;
const mostAtDepot = 50;

/** Every device of a fleet stands somewhere; one in twenty at the depot. */
export function siteOf(nth: number, devices: number): string {
  const atDepot = Math.min(depotShare, mostAtDepot / devices);
  if (Math.floor((nth + 1) * atDepot) > Math.floor(nth * atDepot)) return depot;
  return halls[nth % halls.length] as string;
}

/**
 * What happens to a fleet: in rounds of a minute or more, each kind of incident to some devices, and the depot goes dark. To one
 * device one thing at a time happens, begun and over within its round and the run, noticing included. What a fleet of such a pace
 * leaves no room for is left out. The same settings give the same plan.
 */
export function planIncidents({ pace, devices, forMs, seed }: PlanSettings): Incident[] {
  // One that changes by the report has to be seen at each.
  const kinds = incidentKinds.filter((kind) => kind !== 'flapping' || pace.keepsOrder);
  // Not the draws that message faults come from.
  const random = new Random(seed ^ 0x1ac1de27);
  const everybody = Array.from({ length: devices }, (_, nth) => nth);
  const atDepot = everybody.filter((nth) => siteOf(nth, devices) === depot);
  const elsewhere = everybody.filter((nth) => siteOf(nth, devices) !== depot);
  const each = Math.min(mostDevices, Math.max(1, Math.round(share * devices)));
  return roundsOf(kinds, pace, forMs).flatMap((round) => {
    const deal = new Deal(elsewhere, each, random);
    return kinds.flatMap((kind) => {
      const fromMs = beginningOf(kind, pace, round, random);
      if (fromMs === undefined) return [];
      const concerned = kind === 'site-dark' ? atDepot : deal.next();
      // One device alone is no site.
      const isEnough = concerned.length >= (kind === 'site-dark' ? 2 : 1);
      const toMs = Math.floor(fromMs + courseOf(kind, pace).lengthMs);
      return isEnough ? [{ kind, devices: concerned, fromMs, toMs }] : [];
    });
  });
}

interface Round {
  readonly startMs: number;
  readonly lengthMs: number;
}

function roundsOf(kinds: readonly IncidentKind[], pace: Pace, forMs: number | undefined): Round[] {
  const beginMs = courseOf('silence', pace).leadMs;
  const longestMs = Math.max(
    ...kinds.map((kind) => {
      const { leadMs, lengthMs, afterMs } = courseOf(kind, pace);
      return leadMs - beginMs + lengthMs + afterMs;
    }),
  );
  const leastMs = Math.max(leastRoundMs, 1.2 * longestMs);
  // Timers that are late at the end of a run do not run at all.
  const wholeMs = forMs === undefined ? mostRounds * leastMs : forMs - pace.stallMs - beginMs;
  const count = Math.min(mostRounds, Math.max(1, Math.floor(wholeMs / leastMs)));
  const lengthMs = wholeMs / count;
  return Array.from({ length: count }, (_, nth) => ({ startMs: beginMs + nth * lengthMs, lengthMs }));
}

/** Undefined where it does not fit into the round. */
function beginningOf(kind: IncidentKind, pace: Pace, round: Round, random: Random): number | undefined {
  const { leadMs, lengthMs, afterMs } = courseOf(kind, pace);
  const earliestMs = Math.max(round.startMs, leadMs);
  const latestMs = round.startMs + round.lengthMs - lengthMs - afterMs - 1;
  const fromMs = Math.ceil(random.between(earliestMs, latestMs));
  return latestMs < earliestMs ? undefined : fromMs;
}

/** Gives out devices, each once. */
class Deal {
  readonly #devices: number[];

  constructor(
    devices: readonly number[],
    private readonly count: number,
    private readonly random: Random,
  ) {
    this.#devices = [...devices];
  }

  next(): number[] {
    const dealt: number[] = [];
    while (dealt.length < this.count && this.#devices.length > 0) {
      const at = Math.floor(this.random.between(0, this.#devices.length));
      dealt.push(this.#devices[at] as number);
      this.#devices[at] = this.#devices.at(-1) as number;
      this.#devices.pop();
    }
    return dealt;
  }
}
