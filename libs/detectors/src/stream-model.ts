import {
  at,
  checkReading,
  checkState,
  countedPart,
  type Direction,
  directions,
  type Model,
  timeWentBack,
  type Verdict,
} from './model.js';
import { choice, duration, optional, type ValuesOf } from './parameters.js';

/** Every state begins with the number of readings and the time of the last one; a model's own slots follow. */
const readings = 0;
const lastAtMs = 1;
export const ownSlots = 2;

/** Parameters of every model of one series. `threshold` is each model's own, as its unit is. */
export const commonParameters = {
  direction: choice(directions, 'both', 'which side of what is expected counts as an anomaly'),
  resetAfterMs: optional(duration('a longer silence makes the model start over; without it, never')),
};

export type CommonValues = ValuesOf<typeof commonParameters> & { readonly threshold: number };

/** What models of one series share: checks, silence, the verdict. */
export abstract class StreamModel implements Model {
  abstract readonly slots: number;
  protected readonly direction: Direction;
  private readonly threshold: number;
  private readonly resetAfterMs: number;

  constructor(common: Verdict & { readonly resetAfterMs: number | undefined }) {
    this.threshold = common.threshold;
    this.direction = common.direction;
    this.resetAfterMs = common.resetAfterMs ?? Number.POSITIVE_INFINITY;
  }

  /**
   * @param reading the reading's number, from 0
   * @param elapsedMs since the reading before it; 0 for the first
   */
  protected abstract judge(
    state: Float64Array,
    value: number,
    reading: number,
    elapsedMs: number,
    atMs: number,
  ): number;

  /** Sets the own slots where zeros are no beginning. */
  protected startOwn(_state: Float64Array): void {
    // Most models begin with zeros.
  }

  start(state: Float64Array): void {
    checkState(state, this.slots);
    state.fill(0);
    this.startOwn(state);
  }

  step(state: Float64Array, atMs: number, value: number): number {
    checkState(state, this.slots);
    checkReading(atMs, value);
    const before = at(state, lastAtMs);
    let elapsedMs = state[readings] === 0 ? 0 : atMs - before;
    if (elapsedMs < 0) throw timeWentBack(atMs, before);
    if (elapsedMs > this.resetAfterMs) {
      this.start(state);
      elapsedMs = 0;
    }
    const reading = at(state, readings);
    state[readings] = reading + 1;
    state[lastAtMs] = atMs;
    return this.judge(state, value, reading, elapsedMs, atMs);
  }

  isAnomalous(deviation: number): boolean {
    return this.counted(deviation) > this.threshold;
  }

  score(deviation: number): number {
    const counted = this.counted(deviation);
    return counted / (counted + this.threshold);
  }

  private counted(deviation: number): number {
    return countedPart(deviation, this.direction);
  }
}
