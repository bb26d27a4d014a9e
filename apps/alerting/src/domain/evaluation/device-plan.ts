import type { AbsentProgram } from './absent-program.js';
import type { PlacedLeaf } from './compile-condition.js';
import type { PeerProgram } from './peer-program.js';
import type { RuleProgram } from './rule-program.js';

/** A rule's leaves of one metric, and where the rule's slots begin in a device's state. */
export interface MetricUse {
  readonly program: RuleProgram;
  readonly at: number;
  readonly leaves: readonly PlacedLeaf[];
  /** Whether the rule looks at this metric only. */
  readonly isOnly: boolean;
}

/** Rules of the same lateness: they see a device's readings in the same order. */
export interface Lane {
  readonly latenessMs: number;
  readonly usesOf: ReadonlyMap<string, readonly MetricUse[]>;
}

/** Something whose silence a rule asks about; places are those in the device's state. */
export interface Absence {
  readonly rule: RuleProgram;
  readonly ruleAt: number;
  readonly program: AbsentProgram;
  readonly at: number;
}

/** A rule that compares the device with others; the place is that in the device's state. */
export interface PeerUse {
  readonly rule: RuleProgram;
  readonly program: PeerProgram;
  readonly at: number;
}

/** The rules that concern a device, laid out in its state. Devices that the same rules concern share a plan. */
export class DevicePlan {
  /** Without those whose rules read no metric in its order: nothing waits there, and nothing is held for them. */
  readonly lanes: readonly Lane[];
  readonly slots: number;
  readonly places: ReadonlyMap<RuleProgram, number>;
  readonly absences: readonly Absence[];
  readonly peers: readonly PeerUse[];

  constructor(programs: readonly RuleProgram[]) {
    const places = new Map<RuleProgram, number>();
    let slots = 0;
    for (const program of programs) {
      places.set(program, slots);
      slots += program.slots;
    }
    this.places = places;
    this.slots = slots;
    this.absences = [...places].flatMap(([rule, ruleAt]) =>
      rule.absences.map(({ program, offset }) => ({ rule, ruleAt, program, at: ruleAt + offset })),
    );
    this.peers = [...places].flatMap(([rule, ruleAt]) =>
      rule.peers === undefined ? [] : [{ rule, program: rule.peers.program, at: ruleAt + rule.peers.offset }],
    );
    const lanes = [...Map.groupBy(programs, ({ latenessMs }) => latenessMs)].sort(([a], [b]) => a - b);
    this.lanes = lanes
      .map(([latenessMs, members]) => ({ latenessMs, usesOf: usesOf(members, places) }))
      .filter(({ usesOf: { size } }) => size > 0);
  }

  /** What is remembered of a device of which nothing is known yet. */
  newNumbers(): Float64Array {
    const numbers = new Float64Array(this.slots);
    for (const [program, at] of this.places) program.start(numbers, at);
    return numbers;
  }
}

function usesOf(programs: readonly RuleProgram[], places: ReadonlyMap<RuleProgram, number>): Map<string, MetricUse[]> {
  const uses = programs.flatMap((program) =>
    [...program.leavesOf].map(([metric, leaves]) => ({
      metric,
      use: { program, at: places.get(program) as number, leaves, isOnly: program.leavesOf.size === 1 },
    })),
  );
  const grouped = Map.groupBy(uses, ({ metric }) => metric);
  return new Map([...grouped].map(([metric, members]) => [metric, members.map(({ use }) => use)]));
}
