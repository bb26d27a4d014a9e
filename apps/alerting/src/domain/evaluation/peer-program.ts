import { maxMagnitude, type PeerRoundModel } from '@myelin/detectors';
import { noMetric } from './absent-program.js';
import { truths } from './leaf-program.js';
import type { LeafProgram } from './leaf-program.js';
import type { Reading } from './reading.js';
import { openRounds, type Rounds } from './rounds.js';

const slotsPerRound = 3;

/**
 * Whether a device is unlike its peers. Slots: that, which a judge of rounds knows; then what a partition knows, of each open round
 * the time, `seq` and value of the device's last reading in it.
 */
export class PeerProgram implements LeafProgram {
  readonly metric = noMetric;
  readonly slots = 1 + openRounds * slotsPerRound;

  /** @param compared the metric whose values are compared @param by what devices have in common that are compared */
  constructor(
    private readonly compared: string,
    readonly by: PeerRoundModel['by'],
    readonly rounds: Rounds,
  ) {}

  start(state: Float64Array, at: number): void {
    state[at] = truths.no;
    state.fill(0, at + 1, at + this.slots);
    for (let nth = 0; nth < openRounds; nth += 1) state[at + 1 + nth * slotsPerRound] = Number.NEGATIVE_INFINITY;
  }

  take(): void {
    // Rounds put readings together, in whatever order these come.
  }

  truth(state: Float64Array, at: number): number {
    return state[at] as number;
  }

  set(state: Float64Array, at: number, isUnlike: boolean): void {
    state[at] = isUnlike ? truths.yes : truths.no;
  }

  isAbout({ values }: Reading): boolean {
    const value = Object.hasOwn(values, this.compared) ? values[this.compared] : undefined;
    return typeof value === 'number' && Math.abs(value) <= maxMagnitude;
  }

  /**
   * Keeps a reading that it is about, if it is the last one of its round so far: of one instant that of the higher `seq`, then the
   * greater value. The round must be open.
   * @returns whether anything has changed
   */
  keep(state: Float64Array, at: number, { ts, seq = -1, values }: Reading): boolean {
    const value = values[this.compared] as number;
    const endMs = this.rounds.endOf(ts);
    const place = at + 1 + this.rounds.placeOf(endMs) * slotsPerRound;
    const isFirst = this.rounds.endOf(state[place] as number) !== endMs;
    if (!isFirst && compare([ts, seq, value], state, place) <= 0) return false;
    state[place] = ts;
    state[place + 1] = seq;
    state[place + 2] = value;
    return true;
  }

  /** The device's values of rounds that end behind `afterMs` and not behind `untilMs`. */
  valuesOf(state: Float64Array, at: number, afterMs: number, untilMs: number): { endMs: number; value: number }[] {
    const found: { endMs: number; value: number }[] = [];
    for (let nth = 0; nth < openRounds; nth += 1) {
      const place = at + 1 + nth * slotsPerRound;
      const endMs = this.rounds.endOf(state[place] as number);
      if (endMs > afterMs && endMs <= untilMs) found.push({ endMs, value: state[place + 2] as number });
    }
    return found;
  }
}

function compare(reading: readonly number[], state: Float64Array, place: number): number {
  const differing = reading.findIndex((part, nth) => part !== state[place + nth]);
  return differing < 0 ? 0 : (reading[differing] as number) - (state[place + differing] as number);
}
