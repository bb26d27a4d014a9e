import type { DevicePlan, Lane } from './device-plan.js';
import type { Reading } from './reading.js';
import { type Arrival, ReorderBuffer, type ReorderState } from './reorder-buffer.js';
import type { FindLimit, RuleProgram } from './rule-program.js';
import type { Transition } from './transition.js';

export type TransitionSink = (transition: Transition) => void;

/** What is saved of a device between two runs; belongs to the plan that it was made with. */
export interface DeviceState {
  readonly slots: Float64Array;
  readonly lanes: readonly ReorderState[];
}

/** One device under the rules of its plan. */
export class DeviceEvaluator {
  private readonly state: Float64Array;
  private readonly buffers: readonly ReorderBuffer[];

  constructor(private readonly plan: DevicePlan) {
    this.state = new Float64Array(plan.slots);
    for (const [program, at] of plan.places) program.start(this.state, at);
    this.buffers = plan.lanes.map(({ latenessMs }) => new ReorderBuffer(latenessMs));
  }

  /** To be called for a new device, and again when metadata change: counts from the next reading on. */
  setLimits(find: FindLimit): void {
    for (const [program, at] of this.plan.places) program.setLimits(this.state, at, find);
  }

  /** @returns what became of it in each lane, in the order of the plan's lanes */
  take(reading: Reading, sink: TransitionSink): Arrival[] {
    return this.plan.lanes.map((lane, i) =>
      (this.buffers[i] as ReorderBuffer).add(reading, (next) => this.evaluate(lane, next, sink)),
    );
  }

  save(): DeviceState {
    return { slots: this.state.slice(), lanes: this.buffers.map((buffer) => buffer.save()) };
  }

  restore({ slots, lanes }: DeviceState): void {
    this.state.set(slots);
    lanes.forEach((lane, i) => this.buffers[i]?.restore(lane));
  }

  /** All values that a rule looks at are taken before it is asked. */
  private evaluate({ usesOf }: Lane, { ts, values }: Reading, sink: TransitionSink): void {
    let several: Map<RuleProgram, number> | undefined;
    for (const metric in values) {
      const uses = usesOf.get(metric);
      if (uses === undefined) continue;
      const value = values[metric] as Reading['values'][string];
      for (const { program, at, leaves, isOnly } of uses) {
        program.take(this.state, at, leaves, ts, value);
        if (isOnly) this.ask(program, at, ts, sink);
        else (several ??= new Map<RuleProgram, number>()).set(program, at);
      }
    }
    if (several !== undefined) for (const [program, at] of several) this.ask(program, at, ts, sink);
  }

  private ask(program: RuleProgram, at: number, ts: number, sink: TransitionSink): void {
    const transition = program.evaluate(this.state, at, ts);
    if (transition !== undefined) sink(transition);
  }
}
