import { DetectorError } from './detectors.errors.js';

/**
 * Scores readings of one series, one after another. The model itself never changes: all that does is in `state`, `slots`
 * numbers that can be copied, stored and restored at any point byte for byte. No clock, no I/O.
 */
export interface Model {
  /** Length of the state. */
  readonly slots: number;
  /** Makes any content of `state` the state before the first reading. */
  start(state: Float64Array): void;
  /**
   * Scores the reading against what was learnt before it, then learns from it.
   *
   * @param atMs event time in milliseconds since the epoch, not before that of the previous reading
   * @returns the deviation, in the unit that the model's page states, positive above what was expected and negative
   *   below; within ±`maxDeviation`; NaN while the model warms up
   * @throws DetectorError; `state` is unchanged then
   */
  step(state: Float64Array, atMs: number, value: number): number;
  /** Whether a deviation counts as an anomaly. False for NaN. */
  isAnomalous(deviation: number): boolean;
  /** A deviation as a score in [0, 1], 0.5 where anomalies begin; 0 for NaN and on the side that does not count. */
  score(deviation: number): number;
}

/** Larger readings are refused. */
export const maxMagnitude = 1e100;
/** Deviations are cut here: what stood still until now and moves is infinitely unlikely, and is said with a number. */
export const maxDeviation = 1e6;

const maxTimeMs = 8.64e15;
/** Relative to the value; some thousands of the last places of a double. */
const rounding = 1e-12;

export const directions = ['both', 'above', 'below'] as const;
export type Direction = (typeof directions)[number];

/** Which deviations count as anomalies. */
export interface Verdict {
  readonly threshold: number;
  readonly direction: Direction;
}

/** A slot of a state: there is always a number in it. */
export function at(state: Float64Array, slot: number): number {
  return state[slot] as number;
}

/** The part of a deviation that counts, never negative; 0 for NaN. */
export function countedPart(deviation: number, direction: Direction): number {
  if (Number.isNaN(deviation)) return 0;
  if (direction === 'both') return Math.abs(deviation);
  return Math.max(0, direction === 'above' ? deviation : -deviation);
}

/**
 * How far a value is from what was expected, in units of `scale`, cut at `maxDeviation`: without any scale everything else is
 * infinitely far. What may be the rounding of a mean is no distance; a sensor that stands at 0.1 would be alarmed otherwise.
 */
export function deviationOf(value: number, expected: number, scale: number): number {
  const distance = value - expected;
  if (Math.abs(distance) <= rounding * Math.max(Math.abs(value), Math.abs(expected))) return 0;
  return clamped(distance / scale, maxDeviation);
}

export function clamped(value: number, limit: number): number {
  return Math.min(limit, Math.max(-limit, value));
}

/** @throws DetectorError detectors.time-invalid, detectors.reading-not-finite, detectors.reading-too-large */
export function checkReading(atMs: number, value: number): void {
  if (!(Math.abs(atMs) <= maxTimeMs)) {
    throw DetectorError.permanent('detectors.time-invalid', `${atMs} is no time in milliseconds since the epoch`);
  }
  if (!Number.isFinite(value)) {
    throw DetectorError.permanent('detectors.reading-not-finite', `a reading is a finite number, not ${value}`);
  }
  if (Math.abs(value) > maxMagnitude) {
    throw DetectorError.permanent('detectors.reading-too-large', `a reading is within ±${maxMagnitude}`);
  }
}

/** @throws DetectorError detectors.state-mismatch */
export function checkState(state: Float64Array, slots: number): void {
  if (state.length === slots) return;
  const message = `the state has ${state.length} slots, the model ${slots}`;
  throw DetectorError.permanent('detectors.state-mismatch', message);
}

export function timeWentBack(atMs: number, lastAtMs: number): DetectorError {
  const message = `a reading of ${atMs} comes after one of ${lastAtMs}`;
  return DetectorError.permanent('detectors.time-went-back', message);
}
