import { type Goal, goalOf, isMet } from './goals.js';
import type { MachineFacts } from './machine.js';
import { rounded } from './statistics.js';

export interface Figure {
  /** Of a goal (`T9`), or a name of its own (`writer.postgres.cpu`). */
  readonly id: string;
  readonly value: number;
  readonly unit: string;
}

/** A figure as it is published: the last line of `--json`. */
export interface Result extends Figure {
  /** Null without a goal. */
  readonly ship: number | null;
  readonly met: boolean | null;
}

export interface Report {
  readonly bench: string;
  readonly results: readonly Result[];
  readonly machine: MachineFacts;
}

/** With `lost` > 0 no goal is met: what loses messages may be as fast as it likes. */
export function resultOf(figure: Figure, lost: number): Result {
  const goal = goalOf(figure.id);
  const value = Number.isFinite(figure.value) ? rounded(figure.value) : -1;
  const { id, unit } = figure;
  if (goal === undefined) return { id, value, unit, ship: null, met: null };
  const met = Number.isFinite(figure.value) && isMet(goal, figure.value) && lost === 0;
  return { id, value, unit: goal.unit, ship: goal.ship, met };
}

export function describeResults(results: readonly Result[]): string[] {
  return results.map((result) => {
    const { id, value, unit } = result;
    const figure = `${id.padEnd(8)} ${value} ${unit}`;
    const goal = goalOf(id);
    return goal === undefined ? figure : `${figure}   ${describeGoal(goal, result)}`;
  });
}

function describeGoal({ direction, ship, stretch, path }: Goal, { met }: Result): string {
  const sign = direction === 'at-least' ? '>=' : '<=';
  const further = stretch === null ? '' : `, stretch ${sign} ${stretch}`;
  return `${met === true ? 'MET' : 'MISSED'} (ship ${sign} ${ship}${further}): ${path}`;
}
