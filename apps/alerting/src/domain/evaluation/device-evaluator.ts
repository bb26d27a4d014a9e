import type { Absence, DevicePlan, Lane, PeerUse } from './device-plan.js';
import type { Reading } from './reading.js';
import { type Arrival, ReorderBuffer, type ReorderState } from './reorder-buffer.js';
import type { FindLimit, RuleProgram } from './rule-program.js';
import type { Transition } from './transition.js';

export type TransitionSink = (transition: Transition) => void;

/** What is remembered of a device, by rule: it outlives a restart, and a change of the rules that it is not about. */
export interface DeviceMemory {
  /** The device's in its partition, when this was saved. */
  readonly number?: number;
  readonly rules: readonly { readonly id: string; readonly version: number; readonly slots: Float64Array }[];
  readonly lanes: readonly { readonly latenessMs: number; readonly buffer: ReorderState }[];
}

/** Where what is remembered of a device stands: its numbers begin at `from`, its buffers are in the order of its plan's lanes. */
export interface DeviceState {
  readonly numbers: Float64Array;
  readonly from: number;
  readonly buffers: readonly ReorderBuffer[];
}

/** The state of a device of which nothing is known yet. */
export function newState(plan: DevicePlan): DeviceState {
  return {
    numbers: plan.newNumbers(),
    from: 0,
    buffers: plan.lanes.map(({ latenessMs }) => new ReorderBuffer(latenessMs)),
  };
}

/** One device under the rules of its plan: a view of its state, which may be made whenever it is needed. */
export class DeviceEvaluator {
  private readonly numbers: Float64Array;
  private readonly from: number;
  private readonly buffers: readonly ReorderBuffer[];

  constructor(
    private readonly plan: DevicePlan,
    { numbers, from, buffers }: DeviceState = newState(plan),
  ) {
    this.numbers = numbers;
    this.from = from;
    this.buffers = buffers;
  }

  /** To be called for a new device, and again when metadata change: counts from the next reading on. */
  setLimits(find: FindLimit): void {
    for (const [program, at] of this.plan.places) program.setLimits(this.numbers, this.from + at, find);
  }

  /** @returns what became of it in each lane, in the order of the plan's lanes */
  take(reading: Reading, sink: TransitionSink): Arrival[] {
    return this.plan.lanes.map((lane, i) =>
      (this.buffers[i] as ReorderBuffer).add(reading, (next) => this.evaluate(lane, next, sink)),
    );
  }

  /** @param momentMs of the tick, or of receiving */
  setAbsent({ rule, ruleAt, program, at }: Absence, absent: boolean, momentMs: number, sink: TransitionSink): void {
    program.set(this.numbers, this.from + at, absent);
    this.ask(rule, ruleAt, momentMs, sink);
  }

  /** To be called while it is absent: asks the rule once more when its schedule has begun or ended. @param momentMs of the tick */
  askBySchedule({ rule, ruleAt }: Absence, momentMs: number, sink: TransitionSink): boolean {
    const isDue = rule.hasPassedSchedule(this.numbers, this.from + ruleAt, momentMs);
    if (isDue) this.ask(rule, ruleAt, momentMs, sink);
    return isDue;
  }

  /** Keeps a reading for its round, which must be open. @returns whether anything has changed */
  keepForRound({ program, at }: PeerUse, reading: Reading): boolean {
    return program.keep(this.numbers, this.from + at, reading);
  }

  memory(): DeviceMemory {
    return {
      rules: [...this.plan.places].map(([program, at]) => ({
        ...{ id: program.id, version: program.version },
        slots: this.numbers.slice(this.from + at, this.from + at + program.slots),
      })),
      lanes: this.plan.lanes.map(({ latenessMs }, i) => ({
        latenessMs,
        buffer: (this.buffers[i] as ReorderBuffer).save(),
      })),
    };
  }

  /**
   * Goes on from what was remembered. Rules that are new begin anew, those that are gone are forgotten; readings that wait for
   * their turn go on waiting where one of the rules that they wait for is still there.
   */
  recall({ rules, lanes }: DeviceMemory): void {
    const slotsOf = new Map(rules.map(({ id, version, slots }) => [`${id} ${version}`, slots]));
    const goingOn = new Set<number>();
    for (const [{ id, version, slots: length, latenessMs }, at] of this.plan.places) {
      const slots = slotsOf.get(`${id} ${version}`);
      if (slots?.length !== length) continue;
      this.numbers.set(slots, this.from + at);
      goingOn.add(latenessMs);
    }
    for (const { latenessMs, buffer } of lanes) {
      const lane = this.plan.lanes.findIndex((each) => each.latenessMs === latenessMs);
      if (goingOn.has(latenessMs)) this.buffers[lane]?.restore(buffer);
    }
  }

  /** All values that a rule looks at are taken before it is asked. */
  private evaluate({ usesOf }: Lane, { ts, values }: Reading, sink: TransitionSink): void {
    let several: Map<RuleProgram, number> | undefined;
    for (const metric in values) {
      const uses = usesOf.get(metric);
      if (uses === undefined) continue;
      const value = values[metric] as Reading['values'][string];
      for (const { program, at, leaves, isOnly } of uses) {
        program.take(this.numbers, this.from + at, leaves, ts, value);
        if (isOnly) this.ask(program, at, ts, sink);
        else (several ??= new Map<RuleProgram, number>()).set(program, at);
      }
    }
    if (several !== undefined) for (const [program, at] of several) this.ask(program, at, ts, sink);
  }

  private ask(program: RuleProgram, at: number, ts: number, sink: TransitionSink): void {
    const transition = program.evaluate(this.numbers, this.from + at, ts);
    if (transition !== undefined) sink(transition);
  }
}
