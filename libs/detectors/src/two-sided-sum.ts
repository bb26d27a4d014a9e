import { at } from './model.js';

/** A sum for each side, in two slots of a state: what readings are beyond the slack adds up, and never comes below 0 (Page 1954). */
export const twoSidedSumSlots = 2;

/** @param z of the reading @returns the greater of both sums, that of the lower side negative */
export function addToSums(state: Float64Array, slot: number, z: number, slack: number): number {
  const up = Math.max(0, at(state, slot) + z - slack);
  const down = Math.max(0, at(state, slot + 1) - z - slack);
  state[slot] = up;
  state[slot + 1] = down;
  return up >= down ? up : -down;
}
