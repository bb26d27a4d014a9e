import type { Limit } from './limit.js';
import type { ReadingValue } from './reading.js';

/** Kleene's three values as numbers. */
export const truths = { no: 0, yes: 1, unknown: Number.NaN } as const;

/**
 * A leaf of a condition. What it remembers of a device stands in `slots` numbers of that device's state, from `at` on, so
 * that state is compact, is saved as it is, and a program is shared by all devices.
 */
export interface LeafProgram {
  readonly metric: string;
  readonly slots: number;
  /** Present where there is a limit. */
  readonly limit?: Limit;
  start(state: Float64Array, at: number): void;
  /** Of a limit that is taken from metadata. @param found undefined = nothing is there */
  setLimit?(state: Float64Array, at: number, found: number | undefined): void;
  /** Takes a value; they come in the order of event time. @param ts milliseconds since the epoch */
  take(state: Float64Array, at: number, ts: number, value: ReadingValue): void;
  /**
   * @param ts the moment of which the truth is asked: that of the latest reading of one of the rule's metrics
   * @param eased whether limits are eased by the rule's hysteresis
   */
  truth(state: Float64Array, at: number, ts: number, eased: boolean): number;
}
