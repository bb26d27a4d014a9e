import type { Values } from '../ledger.js';
import { flaps, type Incident } from './incident.js';

/** What a counter counts per second, and how much more while it runs too fast. */
export const countedPerSecond = 10;
export const surgePerSecond = 90;
const firstCount = 100_000;
/** A battery that is well has 60 % and more. */
export const lowBattery = 9;
/** Of a series' standard deviations: how far a spike is off, and a drift at its end. */
const deviations = 10;

export interface ReplayedMetric {
  readonly metric: string;
  /** The standard deviation of its series. */
  readonly spread: number;
}

/**
 * Lets one device's incidents happen: when it is silent, and what it measures. Times are true ones, milliseconds since the epoch.
 * Values depend on the time of a measurement only, so that they are the same whenever they are asked for.
 */
export class DeviceIncidents {
  #startedAtMs = 0;
  /** When it began to say the other of online and offline, since the start. */
  readonly #turns: number[] = [];
  #lastMs = Number.NEGATIVE_INFINITY;
  #flapping: { readonly incident: Incident; turns: number } | undefined;

  /** @param incidents of the device, in the order of time */
  constructor(
    private readonly incidents: readonly Incident[],
    private readonly replayed: ReplayedMetric,
  ) {}

  /** From here on the times of incidents count. To be called before anything is measured. */
  start(atMs: number): void {
    this.#startedAtMs = atMs;
  }

  /** How long the device goes on sending nothing; 0 when it sends. */
  silentForMs(nowMs: number): number {
    const ms = nowMs - this.#startedAtMs;
    return (this.#at(ms, 'silence', 'site-dark')?.toMs ?? ms) - ms;
  }

  /** To be called with the times of every report's measurements, in their order, before its values are asked for. */
  report(measuredAtMs: readonly number[]): void {
    const [firstMs = 0, lastMs = 0] = [measuredAtMs[0], measuredAtMs.at(-1)].map((at = 0) => at - this.#startedAtMs);
    const incident = this.#at(firstMs, 'flapping');
    if (incident !== undefined && this.#flapping?.incident !== incident) this.#flapping = { incident, turns: 0 };
    const goesOn = incident !== undefined && (this.#flapping?.turns ?? 0) < 2 * flaps;
    const isOffline = this.#turns.length % 2 === 1;
    if (goesOn || isOffline) {
      // Behind all of the report before: where this one reaches back into it, nothing is changed.
      this.#turns.push(Math.max(firstMs, this.#lastMs + 1));
      if (this.#flapping !== undefined) this.#flapping.turns += 1;
    }
    this.#lastMs = Math.max(lastMs, this.#lastMs);
  }

  /** What the device measures at this time in place of what it would. */
  alter(values: Values, atMs: number): Values {
    const ms = atMs - this.#startedAtMs;
    const { metric } = this.replayed;
    const value = values[metric];
    return {
      ...values,
      ...(typeof value === 'number' && { [metric]: value + this.#deviation(ms) }),
      energy: this.#count(ms),
      ...(this.#turnsBy(ms) % 2 === 1 && { online: false }),
      ...(this.#at(ms, 'battery-low') !== undefined && { battery: lowBattery }),
    };
  }

  #deviation(ms: number): number {
    const incident = this.#at(ms, 'spike', 'drift');
    if (incident === undefined) return 0;
    const { kind, fromMs, toMs } = incident;
    return deviations * this.replayed.spread * (kind === 'spike' ? 1 : (ms - fromMs) / (toMs - fromMs));
  }

  /** A counter with three places: one of whole numbers would have no rate over a few milliseconds. */
  #count(ms: number): number {
    const reset = this.incidents.findLast(({ kind, fromMs }) => kind === 'counter-reset' && fromMs <= ms);
    const sinceMs = reset?.fromMs ?? 0;
    let count = (reset === undefined ? firstCount : 0) + (countedPerSecond * (ms - sinceMs)) / 1_000;
    for (const { kind, fromMs, toMs } of this.incidents) {
      if (kind !== 'counter-surge' || fromMs < sinceMs || fromMs > ms) continue;
      count += (surgePerSecond * (Math.min(ms, toMs) - fromMs)) / 1_000;
    }
    return Math.round(count * 1_000) / 1_000;
  }

  #turnsBy(ms: number): number {
    return this.#turns.findLastIndex((turnMs) => turnMs <= ms) + 1;
  }

  #at(ms: number, ...kinds: Incident['kind'][]): Incident | undefined {
    return this.incidents.find(
      ({ kind, fromMs, toMs }) => fromMs <= ms && ms < toMs && kinds.some((one) => one === kind),
    );
  }
}
