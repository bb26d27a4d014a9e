import type { Aggregate } from '../rules/rule.js';
import type { LeafProgram } from './leaf-program.js';
import { truths } from './leaf-program.js';
import type { Limit } from './limit.js';
import type { ReadingValue } from './reading.js';

export type WindowAggregate = Exclude<Aggregate, 'last'>;

const maxPanes = 60;

/** How a window is cut: into at most 60 panes of whole milliseconds; it ends with the pane of the latest reading. */
export function panesOf(windowMs: number): { readonly paneMs: number; readonly count: number } {
  const paneMs = Math.ceil(windowMs / maxPanes);
  return { paneMs, count: Math.ceil(windowMs / paneMs) };
}

/** What a pane holds, as numbers in a row, and what several of them say together. */
interface PaneKind {
  readonly empty: readonly number[];
  /** @param before the value before it; NaN = none @param gapMs since that one */
  add(state: Float64Array, at: number, value: number, before: number, gapMs: number): void;
  /** Of one member of two panes. */
  join(a: number, b: number): number;
  /** @param first and @param second the members of all panes together */
  result(first: number, second: number): number;
}

const paneKinds: Record<WindowAggregate, PaneKind> = {
  count: { empty: [0], add: (state, at) => addTo(state, at, 1), join: sum, result: (count) => count },
  avg: {
    empty: [0, 0],
    add: (state, at, value) => {
      addTo(state, at, value);
      addTo(state, at + 1, 1);
    },
    join: sum,
    result: (total, count) => total / count,
  },
  min: {
    empty: [Number.POSITIVE_INFINITY],
    add: (state, at, value) => void (state[at] = Math.min(state[at] as number, value)),
    join: Math.min,
    result: (least) => least,
  },
  max: {
    empty: [Number.NEGATIVE_INFINITY],
    add: (state, at, value) => void (state[at] = Math.max(state[at] as number, value)),
    join: Math.max,
    result: (most) => most,
  },
  /** Increase and the time it took: a counter that was started again has increased by what it shows. */
  rate: {
    empty: [0, 0],
    add: (state, at, value, before, gapMs) => {
      if (Number.isNaN(before)) return;
      addTo(state, at, value >= before ? value - before : value);
      addTo(state, at + 1, gapMs);
    },
    join: sum,
    result: (increase, tookMs) => (tookMs > 0 ? (increase * 1_000) / tookMs : Number.NaN),
  },
};

/** Own slots before the panes: the pane number of the latest reading, its value, its time. */
const ownSlots = 3;

/**
 * An aggregate of a window against a limit. Slots: its own, the panes before the current one joined, the panes as a ring,
 * what the limit needs. A reading costs the same however many panes there are, but for the first one of a pane.
 */
export class WindowComparison implements LeafProgram {
  readonly slots: number;
  private readonly kind: PaneKind;
  private readonly paneMs: number;
  private readonly count: number;
  private readonly width: number;
  private readonly ringAt: number;
  private readonly limitAt: number;

  constructor(
    readonly metric: string,
    aggregate: WindowAggregate,
    windowMs: number,
    readonly limit: Limit,
  ) {
    this.kind = paneKinds[aggregate];
    ({ paneMs: this.paneMs, count: this.count } = panesOf(windowMs));
    this.width = this.kind.empty.length;
    this.ringAt = ownSlots + this.width;
    this.limitAt = this.ringAt + this.count * this.width;
    this.slots = this.limitAt + limit.slots;
  }

  start(state: Float64Array, at: number): void {
    state.fill(Number.NaN, at, at + ownSlots);
    for (let place = at + ownSlots; place < at + this.limitAt; place += this.width) state.set(this.kind.empty, place);
    this.setLimit(state, at, undefined);
  }

  setLimit(state: Float64Array, at: number, found: number | undefined): void {
    this.limit.set(state, at + this.limitAt, found);
  }

  take(state: Float64Array, at: number, ts: number, value: ReadingValue): void {
    if (typeof value !== 'number') return;
    const pane = Math.floor(ts / this.paneMs);
    this.moveTo(state, at, pane);
    const [before, beforeTs] = [state[at + 1] as number, state[at + 2] as number];
    this.kind.add(state, this.placeOf(at, pane), value, before, ts - beforeTs);
    state[at + 1] = value;
    state[at + 2] = ts;
  }

  truth(state: Float64Array, at: number, ts: number, eased: boolean): number {
    if (Number.isNaN(state[at] as number)) return truths.unknown;
    const pane = Math.floor(ts / this.paneMs);
    this.moveTo(state, at, pane);
    const [older, current] = [at + ownSlots, this.placeOf(at, pane)];
    const first = this.kind.join(state[older] as number, state[current] as number);
    const second = this.width === 1 ? 0 : this.kind.join(state[older + 1] as number, state[current + 1] as number);
    const result = this.kind.result(first, second);
    return this.limit.truth(state, at + this.limitAt, Number.isFinite(result) ? result : Number.NaN, eased);
  }

  /** Empties the panes that the window has left, and joins those that are older than the new one. */
  private moveTo(state: Float64Array, at: number, pane: number): void {
    const latest = state[at] as number;
    if (pane <= latest) return;
    const passed = Number.isNaN(latest) ? 0 : Math.min(pane - latest, this.count);
    for (let i = 0; i < passed; i += 1) state.set(this.kind.empty, this.placeOf(at, pane - i));
    state[at] = pane;
    for (let member = 0; member < this.width; member += 1) {
      let joined = this.kind.empty[member] as number;
      for (let i = this.count - 1; i > 0; i -= 1)
        joined = this.kind.join(joined, state[this.placeOf(at, pane - i) + member] as number);
      state[at + ownSlots + member] = joined;
    }
  }

  private placeOf(at: number, pane: number): number {
    const inRing = ((pane % this.count) + this.count) % this.count;
    return at + this.ringAt + inRing * this.width;
  }
}

function addTo(state: Float64Array, at: number, amount: number): void {
  state[at] = (state[at] as number) + amount;
}

function sum(a: number, b: number): number {
  return a + b;
}
