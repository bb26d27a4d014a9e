import { learn } from '../ew-moments.js';
import { at, deviationOf } from '../model.js';

export interface Learning {
  /** How many readings back. */
  readonly span: number;
  /** Farther out than so many standard deviations is learnt as if it were that far out. */
  readonly clip: number;
  /** The variance is never taken for less. */
  readonly floor: number;
  /** No farther than this from the mean is no distance. */
  readonly tolerance: number;
}

/** So many are learnt as they are: an early variance is no measure of what is far out. */
const learntAsTheyAre = 20;

/** Exponential mean and variance that count what they have learnt, in three slots of a state from `slot` on. */
export class Moments {
  static readonly slots = 3;
  private readonly alpha: number;

  constructor(
    private readonly slot: number,
    private readonly learning: Learning,
  ) {
    this.alpha = 2 / (learning.span + 1);
  }

  count(state: Float64Array): number {
    return at(state, this.slot);
  }

  mean(state: Float64Array): number {
    return at(state, this.slot + 1);
  }

  variance(state: Float64Array): number {
    return at(state, this.slot + 2);
  }

  /** NaN before `least` were learnt. */
  zScore(state: Float64Array, value: number, least: number): number {
    if (this.count(state) < least) return Number.NaN;
    const mean = this.mean(state);
    if (Math.abs(value - mean) <= this.learning.tolerance) return 0;
    return deviationOf(value, mean, Math.sqrt(Math.max(this.variance(state), this.learning.floor)));
  }

  learn(state: Float64Array, value: number): void {
    const count = this.count(state) + 1;
    const { floor } = this.learning;
    const clip = count > learntAsTheyAre ? this.learning.clip : Number.MAX_VALUE;
    learn(state, this.slot + 1, value, { alpha: Math.max(this.alpha, 1 / count), clip, floor });
    state[this.slot] = count;
  }
}
