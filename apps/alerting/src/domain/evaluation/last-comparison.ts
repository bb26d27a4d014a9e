import type { LeafProgram } from './leaf-program.js';
import { truths } from './leaf-program.js';
import type { Limit } from './limit.js';
import type { ReadingValue } from './reading.js';

/** The latest number against a limit. A value of another kind makes it unknown. */
export class LastNumberComparison implements LeafProgram {
  readonly slots: number;

  constructor(
    readonly metric: string,
    readonly limit: Limit,
  ) {
    this.slots = 1 + limit.slots;
  }

  start(state: Float64Array, at: number): void {
    state[at] = Number.NaN;
    this.setLimit(state, at, undefined);
  }

  setLimit(state: Float64Array, at: number, found: number | undefined): void {
    this.limit.set(state, at + 1, found);
  }

  take(state: Float64Array, at: number, _ts: number, value: ReadingValue): void {
    state[at] = typeof value === 'number' ? value : Number.NaN;
  }

  truth(state: Float64Array, at: number, _ts: number, eased: boolean): number {
    return this.limit.truth(state, at + 1, state[at] as number, eased);
  }
}

/** The latest text or boolean against one. */
export class LastEquality implements LeafProgram {
  readonly slots = 1;

  constructor(
    readonly metric: string,
    private readonly expected: string | boolean,
    private readonly whenEqual: boolean,
  ) {}

  start(state: Float64Array, at: number): void {
    state[at] = truths.unknown;
  }

  take(state: Float64Array, at: number, _ts: number, value: ReadingValue): void {
    state[at] =
      typeof value === typeof this.expected ? Number((value === this.expected) === this.whenEqual) : truths.unknown;
  }

  truth(state: Float64Array, at: number): number {
    return state[at] as number;
  }
}
