import type { LeafProgram } from './leaf-program.js';
import { truths } from './leaf-program.js';
import type { Reading } from './reading.js';

/** No metric is named so: what is about the device itself is not found among the metrics of a reading. */
export const noMetric = '';

/**
 * Whether something was not heard for too long. Slots: that, and when it was heard last, in live time. The latter is filled in where
 * state is saved: while it is watched, its deadline says that.
 */
export class AbsentProgram implements LeafProgram {
  readonly slots = 2;
  readonly metric: string;

  /** @param windowMs undefined = what the device's profile makes expect */
  constructor(
    metric: string | undefined,
    readonly windowMs: number | undefined,
  ) {
    this.metric = metric ?? noMetric;
  }

  get isAboutDevice(): boolean {
    return this.metric === noMetric;
  }

  start(state: Float64Array, at: number): void {
    state[at] = truths.no;
    state[at + 1] = Number.NaN;
  }

  /** Heard is heard, in whatever order. */
  take(): void {
    // Readings come here in the order of event time, and later than they were heard.
  }

  truth(state: Float64Array, at: number): number {
    return state[at] as number;
  }

  isHeardIn(readings: readonly Reading[]): boolean {
    return this.isAboutDevice || readings.some(({ values }) => Object.hasOwn(values, this.metric));
  }

  setHeard(state: Float64Array, at: number, liveMs: number): void {
    state[at + 1] = liveMs;
  }

  /** Takes it out of the state. @returns NaN for what was never heard */
  takeHeard(state: Float64Array, at: number): number {
    const liveMs = state[at + 1] as number;
    state[at + 1] = Number.NaN;
    return liveMs;
  }

  set(state: Float64Array, at: number, absent: boolean): void {
    state[at] = absent ? truths.yes : truths.no;
  }
}
