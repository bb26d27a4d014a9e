import { maxMagnitude, type Model } from '@myelin/detectors';
import type { LeafProgram } from './leaf-program.js';
import { truths } from './leaf-program.js';
import type { ReadingValue } from './reading.js';

/** What a model says of the latest reading. Slots: that, then the model's own. */
export class ModelProgram implements LeafProgram {
  readonly slots: number;

  constructor(
    readonly metric: string,
    private readonly model: Model,
  ) {
    this.slots = 1 + model.slots;
  }

  start(state: Float64Array, at: number): void {
    state[at] = truths.unknown;
    this.model.start(this.own(state, at));
  }

  /** What is no number, or none that a model can take, says nothing and teaches nothing. */
  take(state: Float64Array, at: number, ts: number, value: ReadingValue): void {
    if (typeof value !== 'number' || !(Math.abs(value) <= maxMagnitude)) {
      state[at] = truths.unknown;
      return;
    }
    const deviation = this.model.step(this.own(state, at), ts, value);
    state[at] = Number.isNaN(deviation) ? truths.unknown : Number(this.model.isAnomalous(deviation));
  }

  truth(state: Float64Array, at: number): number {
    return state[at] as number;
  }

  private own(state: Float64Array, at: number): Float64Array {
    return state.subarray(at + 1, at + this.slots);
  }
}
