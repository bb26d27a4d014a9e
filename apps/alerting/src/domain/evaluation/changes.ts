import type { LeafProgram } from './leaf-program.js';
import { truths } from './leaf-program.js';
import type { ReadingValue } from './reading.js';

/** Slots: the value as a number, and since when it has been that. */
abstract class ValueSince {
  readonly slots = 2;

  constructor(readonly metric: string) {}

  start(state: Float64Array, at: number): void {
    state[at] = Number.NaN;
    state[at + 1] = Number.NaN;
  }

  /** @returns whether it differs from the one before */
  protected replace(state: Float64Array, at: number, value: ReadingValue): boolean {
    const number = numberOf(value);
    const before = state[at] as number;
    state[at] = number;
    return !Number.isNaN(before) && before !== number;
  }
}

/** True at a reading whose value differs from the one before. */
export class ChangedProgram extends ValueSince implements LeafProgram {
  take(state: Float64Array, at: number, ts: number, value: ReadingValue): void {
    if (Number.isNaN(numberOf(value))) return;
    state[at + 1] = this.replace(state, at, value) ? ts : Number.NaN;
  }

  truth(state: Float64Array, at: number, ts: number): number {
    if (Number.isNaN(state[at] as number)) return truths.unknown;
    return state[at + 1] === ts ? truths.yes : truths.no;
  }
}

/** True at a reading whose value has been the same for as long as the window. */
export class StuckProgram extends ValueSince implements LeafProgram {
  constructor(
    metric: string,
    private readonly windowMs: number,
  ) {
    super(metric);
  }

  take(state: Float64Array, at: number, ts: number, value: ReadingValue): void {
    if (Number.isNaN(numberOf(value))) return;
    if (this.replace(state, at, value) || Number.isNaN(state[at + 1] as number)) state[at + 1] = ts;
  }

  truth(state: Float64Array, at: number, ts: number): number {
    const sinceMs = state[at + 1] as number;
    if (Number.isNaN(sinceMs)) return truths.unknown;
    return ts - sinceMs >= this.windowMs ? truths.yes : truths.no;
  }
}

/** Equal scalars are equal numbers; arrays and positions are NaN. */
function numberOf(value: ReadingValue): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return hashOf(value ? '\0true' : '\0false');
  return typeof value === 'string' ? hashOf(value) : Number.NaN;
}

/** 53 bits (two FNV-1a of 32 bits with different offsets): texts that collide would count as unchanged. */
function hashOf(text: string): number {
  let low = 0x811c9dc5;
  let high = 0x050c5d1f;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x01000193);
  }
  return (high & 0x1fffff) * 0x100000000 + (low >>> 0);
}
