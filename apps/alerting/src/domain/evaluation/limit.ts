import type { LimitReference, Operator } from '../rules/rule.js';
import { truths } from './leaf-program.js';

/**
 * Holds numbers against a limit: the same for all devices, or one that stands in a slot of the device's state because it is
 * taken from metadata.
 */
export class Limit {
  readonly slots: 0 | 1;
  private readonly easedBy: number;

  /** @param hysteresis how much the limit is eased once an alarm is active; 0 = not at all */
  constructor(
    private readonly op: Operator,
    readonly from: number | LimitReference,
    hysteresis: number,
  ) {
    this.slots = typeof from === 'number' ? 0 : 1;
    this.easedBy = op === '>' || op === '>=' ? -hysteresis : op === '<' || op === '<=' ? hysteresis : 0;
  }

  /** @param found what the metadata says; undefined = nothing */
  set(state: Float64Array, at: number, found: number | undefined): void {
    if (typeof this.from !== 'number') state[at] = found ?? this.from.default ?? Number.NaN;
  }

  /** Unknown when either of both is. @param at the limit's own slot, if it has one */
  truth(state: Float64Array, at: number, value: number, eased: boolean): number {
    const limit = typeof this.from === 'number' ? this.from : (state[at] as number);
    const bound = eased ? limit + this.easedBy : limit;
    if (Number.isNaN(value) || Number.isNaN(bound)) return truths.unknown;
    return this.holds(value, bound) ? truths.yes : truths.no;
  }

  private holds(value: number, bound: number): boolean {
    switch (this.op) {
      case '>':
        return value > bound;
      case '>=':
        return value >= bound;
      case '<':
        return value < bound;
      case '<=':
        return value <= bound;
      case '==':
        return value === bound;
      case '!=':
        return value !== bound;
    }
  }
}
