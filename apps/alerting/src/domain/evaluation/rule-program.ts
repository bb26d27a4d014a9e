import type { ModelContext } from '@myelin/detectors';
import type { LimitReference, Rule } from '../rules/rule.js';
import { AbsentProgram, noMetric } from './absent-program.js';
import { compileCondition, LeafLayout, type PlacedLeaf, type Truth } from './compile-condition.js';
import { PeerProgram } from './peer-program.js';
import type { ReadingValue } from './reading.js';
import { ScheduleProgram } from './schedule-program.js';
import type { Transition } from './transition.js';

/** What a device's metadata, or its site's or profile's, say of a limit. */
export type FindLimit = (reference: LimitReference) => number | undefined;

/** Where the rule's own slots are; those of its leaves follow. */
const slot = { phase: 0, sinceMs: 1, startMs: 2, clearingSinceMs: 3, recent: 4, lastMs: 5 } as const;
const ownSlots = 6;

const phases = { idle: 0, pending: 1, active: 2, clearing: 3 } as const;

const inUtc: ModelContext = { offsetMsAt: () => 0 };

/** A rule made ready to evaluate readings in the order of event time; what it remembers of a device stands in that device's state. */
export class RuleProgram {
  readonly id: string;
  readonly version: number;
  readonly latenessMs: number;
  readonly slots: number;
  /** The leaves of each metric that the rule reads. */
  readonly leavesOf: ReadonlyMap<string, readonly PlacedLeaf[]>;
  /** Offsets are from where the rule's slots begin. */
  readonly absences: readonly { readonly program: AbsentProgram; readonly offset: number }[];
  /** Of a rule that compares devices with each other; it is all of the rule's condition. */
  readonly peers: { readonly program: PeerProgram; readonly offset: number } | undefined;
  private readonly leaves: readonly PlacedLeaf[];
  private readonly when: Truth;
  private readonly clearWhen: Truth | undefined;
  private readonly forMs: number;
  private readonly clearForMs: number;
  private readonly kOfN: Rule['kOfN'];
  private readonly schedule: ScheduleProgram | undefined;

  /**
   * @param local the device's own time, for models that go by it; @param timeZone the same, for schedules
   * @throws RuleError rule.model-invalid, rule.schedule-invalid
   */
  constructor(rule: Rule, local: ModelContext = inUtc, timeZone = 'UTC') {
    const { id, version, when, clear, forMs = 0, latenessMs = 0, kOfN, schedule } = rule;
    this.id = id;
    this.version = version;
    this.latenessMs = latenessMs;
    this.forMs = forMs;
    this.clearForMs = clear?.forMs ?? 0;
    this.kOfN = kOfN;
    this.schedule = schedule === undefined ? undefined : new ScheduleProgram(schedule, timeZone);
    const layout = new LeafLayout();
    const context = { local, latenessMs };
    this.when = compileCondition(when, layout, clear?.hysteresis ?? 0, context);
    this.clearWhen = clear?.when === undefined ? undefined : compileCondition(clear.when, layout, 0, context);
    this.leaves = layout.leaves;
    const ofMetrics = layout.leaves.filter(({ program }) => program.metric !== noMetric);
    this.leavesOf = Map.groupBy(ofMetrics, ({ program }) => program.metric);
    this.absences = layout.leaves.flatMap(({ program, offset }) =>
      program instanceof AbsentProgram ? [{ program, offset: ownSlots + offset }] : [],
    );
    [this.peers] = layout.leaves.flatMap(({ program, offset }) =>
      program instanceof PeerProgram ? [{ program, offset: ownSlots + offset }] : [],
    );
    this.slots = ownSlots + layout.slots;
  }

  get hasSchedule(): boolean {
    return this.schedule !== undefined;
  }

  start(state: Float64Array, at: number): void {
    state.fill(0, at, at + ownSlots);
    state[at + slot.startMs] = Number.NEGATIVE_INFINITY;
    state[at + slot.lastMs] = Number.NEGATIVE_INFINITY;
    for (const { program, offset } of this.leaves) program.start(state, at + ownSlots + offset);
  }

  /** Takes over the limits that metadata set. @param find undefined = there is no number at that place */
  setLimits(state: Float64Array, at: number, find: FindLimit): void {
    for (const { program, offset } of this.leaves) {
      const from = program.limit?.from;
      if (typeof from === 'object') program.setLimit?.(state, at + ownSlots + offset, find(from));
    }
  }

  /** Takes a value into those leaves that are about its metric. */
  take(state: Float64Array, at: number, leaves: readonly PlacedLeaf[], ts: number, value: ReadingValue): void {
    for (const { program, offset } of leaves) program.take(state, at + ownSlots + offset, ts, value);
  }

  /**
   * What follows from what was taken at this moment; undefined = nothing changes. Moments of one rule do not go back: silence
   * has its own from the gateways' clocks, and a device's clock may be behind them.
   */
  evaluate(state: Float64Array, at: number, momentMs: number): Transition | undefined {
    const ts = Math.max(momentMs, state[at + slot.lastMs] as number);
    state[at + slot.lastMs] = ts;
    const counts = this.schedule?.contains(ts) ?? true;
    const phase = state[at + slot.phase];
    if (phase === phases.active || phase === phases.clearing) return this.evaluateActive(state, at, ts, counts);
    if (!this.isTrue(state, at, ts, { eased: false, counts })) {
      state[at + slot.phase] = phases.idle;
      return undefined;
    }
    if (phase === phases.idle) {
      state[at + slot.phase] = phases.pending;
      state[at + slot.sinceMs] = ts;
    }
    const sinceMs = state[at + slot.sinceMs] as number;
    // An occurrence begins after the one before it: its beginning is its name.
    if (ts - sinceMs < this.forMs || sinceMs <= (state[at + slot.startMs] as number)) return undefined;
    state[at + slot.phase] = phases.active;
    state[at + slot.startMs] = sinceMs;
    return this.transition('raised', state, at, ts);
  }

  /** Whether the schedule has begun or ended since the rule was asked last. */
  hasPassedSchedule(state: Float64Array, at: number, momentMs: number): boolean {
    const lastMs = state[at + slot.lastMs] as number;
    if (this.schedule === undefined || !(momentMs > lastMs)) return false;
    return this.schedule.contains(momentMs) !== this.schedule.contains(lastMs);
  }

  /** Whether nothing is remembered that would matter to what comes later than everything so far. */
  isIdle(state: Float64Array, at: number): boolean {
    return state[at + slot.phase] === phases.idle && state[at + slot.recent] === 0;
  }

  /** Ends what it has found: nothing is known any more that it could go by. @param momentMs not before any so far */
  end(state: Float64Array, at: number, momentMs: number): Transition | undefined {
    const phase = state[at + slot.phase];
    state[at + slot.phase] = phases.idle;
    state[at + slot.recent] = 0;
    return phase === phases.active || phase === phases.clearing
      ? this.transition('cleared', state, at, momentMs)
      : undefined;
  }

  private evaluateActive(state: Float64Array, at: number, ts: number, counts: boolean): Transition | undefined {
    const holds = this.isTrue(state, at, ts, { eased: true, counts });
    if (!counts) {
      state[at + slot.phase] = phases.idle;
      return { ...this.transition('cleared', state, at, ts), reason: 'schedule-ended' };
    }
    const clears = this.clearWhen === undefined ? !holds : this.clearWhen(state, at + ownSlots, ts, false) === 1;
    if (!clears) {
      state[at + slot.phase] = phases.active;
      return undefined;
    }
    if (state[at + slot.phase] === phases.active) {
      state[at + slot.phase] = phases.clearing;
      state[at + slot.clearingSinceMs] = ts;
    }
    if (ts - (state[at + slot.clearingSinceMs] as number) < this.clearForMs) return undefined;
    state[at + slot.phase] = phases.idle;
    return this.transition('cleared', state, at, ts);
  }

  /** @param counts whether the schedule is on */
  private isTrue(
    state: Float64Array,
    at: number,
    ts: number,
    { eased, counts }: { readonly eased: boolean; readonly counts: boolean },
  ): boolean {
    const holds = counts && this.when(state, at + ownSlots, ts, eased) === 1;
    return this.kOfN === undefined ? holds : this.isTrueOften(state, at, holds, this.kOfN) && counts;
  }

  /** The outcomes of the last readings are the bits of a number, the latest one the lowest. */
  private isTrueOften(state: Float64Array, at: number, holds: boolean, { k, n }: NonNullable<Rule['kOfN']>): boolean {
    const recent = ((state[at + slot.recent] as number) * 2 + Number(holds)) % 2 ** n;
    state[at + slot.recent] = recent;
    let count = 0;
    for (let rest = recent; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
    return count >= k;
  }

  private transition(kind: Transition['kind'], state: Float64Array, at: number, ts: number): Transition {
    const startMs = state[at + slot.startMs] as number;
    return { kind, rule: this.id, version: this.version, startMs, atMs: ts };
  }
}
