import { at, clamped, deviationOf } from './model.js';
import { number, optional, type ParameterFault } from './parameters.js';

/**
 * Exponentially weighted mean and variance in two slots of a state (West 1979; Finch 2009):
 * d = x − μ; μ += α·d; v = (1 − α)(v + α·d²). With α = 1/n they are the plain mean and variance of n readings.
 */
export const momentSlots = 2;

/** Parameters of whatever scores against a mean and a standard deviation. */
export const momentParameters = {
  clip: number(
    { unit: 'standard deviations', from: 1, to: 1e6, default: 3 },
    'readings farther out are learnt as if they were this far out; 1000000 learns everything as it is',
  ),
  resolution: number(
    { unit: "the metric's own", from: 0, to: 1e50, default: 0 },
    'smallest step of the sensor: the variance is never taken for less than its square over 12',
  ),
};

/** Parameters of what may know mean and deviation beforehand. */
export const knownMomentParameters = {
  mean: optional(number({ unit: "the metric's own", from: -1e50, to: 1e50 }, 'known mean: no warm-up')),
  deviation: optional(number({ unit: "the metric's own", from: 0, to: 1e50 }, 'known standard deviation, with mean')),
};

interface KnownMoments {
  readonly mean?: number | undefined;
  readonly deviation?: number | undefined;
}

/** Faults of a known mean without a deviation, and the reverse. */
export function givenTogether({ mean, deviation }: KnownMoments): ParameterFault[] {
  if ((mean === undefined) === (deviation === undefined)) return [];
  const [given, missing] = mean === undefined ? ['deviation', 'mean'] : ['mean', 'deviation'];
  return [{ pointer: `/${missing}`, problem: `is needed together with ${given}` }];
}

/** Begins with what is known; with nothing otherwise. */
export function startMoments(state: Float64Array, slot: number, { mean = 0, deviation = 0 }: KnownMoments): void {
  state[slot] = mean;
  state[slot + 1] = deviation * deviation;
}

/** The variance that a sensor of this resolution has by rounding alone. */
export function varianceFloor(resolution: number): number {
  return (resolution * resolution) / 12;
}

export function zScore(state: Float64Array, slot: number, value: number, floor: number): number {
  return deviationOf(value, at(state, slot), Math.sqrt(Math.max(at(state, slot + 1), floor)));
}

/**
 * Learns from a reading, winsorised at `clip` standard deviations. While there is no deviation at all (everything was the
 * same until now) nothing is clipped, as otherwise nothing else would ever be learnt.
 */
export function learn(
  state: Float64Array,
  slot: number,
  value: number,
  options: { readonly alpha: number; readonly clip: number; readonly floor: number },
): void {
  const { alpha, clip, floor } = options;
  const mean = at(state, slot);
  const variance = at(state, slot + 1);
  const deviation = Math.sqrt(Math.max(variance, floor));
  const distance = deviation > 0 ? clamped(value - mean, clip * deviation) : value - mean;
  state[slot] = mean + alpha * distance;
  state[slot + 1] = (1 - alpha) * (variance + alpha * distance * distance);
}
