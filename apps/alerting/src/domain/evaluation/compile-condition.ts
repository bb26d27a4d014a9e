import { createModel, type Creation, limitForecast, type ModelContext } from '@myelin/detectors';
import type { Comparison, Condition, Leaf } from '../rules/rule.js';
import { isAboutPeers, peerModelOf } from '../rules/peers.js';
import { RuleError } from '../rules/rule.errors.js';
import { AbsentProgram } from './absent-program.js';
import { ChangedProgram, StuckProgram } from './changes.js';
import { LastEquality, LastNumberComparison } from './last-comparison.js';
import type { LeafProgram } from './leaf-program.js';
import { truths } from './leaf-program.js';
import { Limit } from './limit.js';
import { ModelProgram } from './model-program.js';
import { PeerProgram } from './peer-program.js';
import { Rounds } from './rounds.js';
import { WindowComparison } from './window-comparison.js';

/** @param base where the rule's leaves begin in the state */
export type Truth = (state: Float64Array, base: number, ts: number, eased: boolean) => number;

export interface PlacedLeaf {
  readonly program: LeafProgram;
  /** Of its slots, from where the rule's leaves begin. */
  readonly offset: number;
}

/** Gives leaves their places one behind the other. */
export class LeafLayout {
  readonly leaves: PlacedLeaf[] = [];
  slots = 0;

  place(program: LeafProgram): PlacedLeaf {
    const leaf = { program, offset: this.slots };
    this.slots += program.slots;
    this.leaves.push(leaf);
    return leaf;
  }
}

/** What a condition goes by beside its own words. */
export interface RuleContext {
  readonly local: ModelContext;
  /** Of its rule. */
  readonly latenessMs: number;
}

/**
 * @param hysteresis by which the limits are eased when the truth is asked for with `eased`
 * @throws RuleError rule.model-invalid
 */
export function compileCondition(
  condition: Condition,
  layout: LeafLayout,
  hysteresis: number,
  context: RuleContext,
): Truth {
  const compiled = (part: Condition, eased = hysteresis): Truth => compileCondition(part, layout, eased, context);
  if ('all' in condition) return all(condition.all.map((part) => compiled(part)));
  if ('any' in condition) return any(condition.any.map((part) => compiled(part)));
  if ('not' in condition) {
    // Easing a limit below a negation would tighten it.
    const part = compiled(condition.not, -hysteresis);
    return (state, base, ts, eased) => 1 - part(state, base, ts, eased);
  }
  const { program, offset } = layout.place(programOf(condition, hysteresis, context));
  return (state, base, ts, eased) => program.truth(state, base + offset, ts, eased);
}

/** Unknown counts only where it decides. */
function all(parts: readonly Truth[]): Truth {
  return (state, base, ts, eased) => {
    let truth: number = truths.yes;
    for (const part of parts) {
      const one = part(state, base, ts, eased);
      if (one === truths.no) truth = truths.no;
      else if (truth !== truths.no) truth *= one;
    }
    return truth;
  };
}

function any(parts: readonly Truth[]): Truth {
  const none = all(
    parts.map(
      (part): Truth =>
        (state, base, ts, eased) =>
          1 - part(state, base, ts, eased),
    ),
  );
  return (state, base, ts, eased) => 1 - none(state, base, ts, eased);
}

function programOf(leaf: Leaf, hysteresis: number, { local, latenessMs }: RuleContext): LeafProgram {
  if (isAboutPeers(leaf)) {
    const { by, everyMs } = peerModelOf(leaf);
    return new PeerProgram(leaf.metric, by, new Rounds(everyMs, latenessMs));
  }
  if (leaf.op === 'absent') return new AbsentProgram(leaf.metric, leaf.windowMs);
  if (leaf.op === 'changed') return new ChangedProgram(leaf.metric);
  if (leaf.op === 'stuck') return new StuckProgram(leaf.metric, leaf.windowMs);
  if (leaf.op === 'anomaly') return new ModelProgram(leaf.metric, made(createModel(leaf.model, local)));
  if (leaf.op === 'reaches') return new ModelProgram(leaf.metric, made(limitForecast.create(leaf.forecast)));
  return comparisonProgram(leaf, hysteresis);
}

function made<M>(creation: Creation<M>): M {
  if ('model' in creation) return creation.model;
  const faults = creation.faults.map(({ pointer, problem }) => `${pointer} ${problem}`);
  throw RuleError.permanent('rule.model-invalid', `the model cannot be made: ${faults.join('; ')}`);
}

function comparisonProgram({ metric, aggregate, windowMs, op, value }: Comparison, hysteresis: number): LeafProgram {
  if (typeof value === 'string' || typeof value === 'boolean') return new LastEquality(metric, value, op === '==');
  const limit = new Limit(op, value, hysteresis);
  if (aggregate === undefined || aggregate === 'last' || windowMs === undefined)
    return new LastNumberComparison(metric, limit);
  return new WindowComparison(metric, aggregate, windowMs, limit);
}
