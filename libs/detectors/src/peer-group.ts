import { DetectorError } from './detectors.errors.js';
import { at, checkReading, checkState, countedPart, directions, timeWentBack } from './model.js';
import type { Creation } from './model-kind.js';
import { choice, duration, number, readParameters, type ValuesOf } from './parameters.js';
import { insertSorted, removeSorted, robustDeviation } from './sorted-values.js';

/**
 * Scores the readings of many devices against each other. One state is shared by all of them; otherwise as `Model`.
 */
export interface PeerModel {
  readonly slots: number;
  /** Members are numbered from 0 to `capacity` − 1 by whoever feeds the model. */
  readonly capacity: number;
  start(state: Float64Array): void;
  /**
   * Scores a member's reading against the latest of the others, then takes it for the member's latest.
   *
   * @param member its number; undefined is judged only, as in a group that has more members than `capacity`
   * @param atMs event time, not before that of the group's previous reading
   * @returns standard deviations from the others' median, positive above it; NaN while there are fewer than `minPeers`
   * @throws DetectorError; `state` is unchanged then
   */
  step(state: Float64Array, member: number | undefined, atMs: number, value: number): number;
  isAnomalous(deviation: number): boolean;
  score(deviation: number): number;
}

/** What a comparison with peers goes by, however their readings come together. */
export const comparisonParameters = {
  minPeers: number({ unit: 'members', from: 3, to: 1000, whole: true, default: 5 }, 'with fewer others none is scored'),
  threshold: number({ unit: 'standard deviations', from: 1, to: 1000, default: 4 }, 'beyond it is an anomaly'),
  resolution: number(
    { unit: "the metric's own", from: 0, to: 1e50, default: 0 },
    'smallest step of the sensor: the deviation is never taken for less than it over √12',
  ),
  direction: choice(directions, 'both', 'which side of the others counts as an anomaly'),
};

const parameters = {
  capacity: number({ unit: 'members', from: 3, to: 1000, whole: true, default: 200 }, 'how many are compared'),
  staleAfterMs: duration('a member that is silent for longer is not compared with', 3_600_000),
  ...comparisonParameters,
};
type Values = ValuesOf<typeof parameters>;

/** One device unlike its siblings: the same model, firmware or site at the same time. Needs no history. */
export const peerGroup = {
  type: 'peer-group',
  parameters,
  create(given: unknown): Creation<PeerModel> {
    const read = readParameters(parameters, given);
    if ('faults' in read) return read;
    const { minPeers, capacity } = read.values;
    if (minPeers > capacity) {
      return { faults: [{ pointer: '/minPeers', problem: `must be at most the capacity, ${capacity}` }] };
    }
    return { model: new PeerGroup(read.values) };
  },
} as const;

const present = 0;
const lastAtMs = 1;
/** No member's latest reading is older than this; it may be too low. */
const oldestAtMs = 2;
const sorted = 3;

class PeerGroup implements PeerModel {
  readonly slots: number;
  readonly capacity: number;
  private readonly latest: number;
  /** When each member's latest reading was; minus infinity without one. */
  private readonly latestAtMs: number;
  private readonly minScale: number;

  constructor(private readonly values: Values) {
    this.capacity = values.capacity;
    this.latest = sorted + values.capacity;
    this.latestAtMs = this.latest + values.capacity;
    this.slots = this.latestAtMs + values.capacity;
    this.minScale = values.resolution / Math.sqrt(12);
  }

  start(state: Float64Array): void {
    checkState(state, this.slots);
    state.fill(0);
    state.fill(Number.NEGATIVE_INFINITY, this.latestAtMs);
    state[lastAtMs] = Number.NEGATIVE_INFINITY;
    state[oldestAtMs] = Number.POSITIVE_INFINITY;
  }

  step(state: Float64Array, member: number | undefined, atMs: number, value: number): number {
    checkState(state, this.slots);
    checkReading(atMs, value);
    if (member !== undefined && !(Number.isInteger(member) && member >= 0 && member < this.capacity)) {
      const message = `a member is a whole number from 0 to ${this.capacity - 1}, not ${member}`;
      throw DetectorError.permanent('detectors.member-invalid', message);
    }
    const before = at(state, lastAtMs);
    if (atMs < before) throw timeWentBack(atMs, before);
    state[lastAtMs] = atMs;
    this.forgetStale(state, atMs);
    if (member !== undefined) this.forget(state, member);
    const peers = { state, from: sorted, count: at(state, present) };
    const deviation = peers.count < this.values.minPeers ? Number.NaN : robustDeviation(peers, value, this.minScale);
    if (member !== undefined) this.remember(state, { member, atMs, value });
    return deviation;
  }

  isAnomalous(deviation: number): boolean {
    return countedPart(deviation, this.values.direction) > this.values.threshold;
  }

  score(deviation: number): number {
    const counted = countedPart(deviation, this.values.direction);
    return counted / (counted + this.values.threshold);
  }

  private forgetStale(state: Float64Array, atMs: number): void {
    const staleBeforeMs = atMs - this.values.staleAfterMs;
    if (at(state, oldestAtMs) >= staleBeforeMs) return;
    let oldest = Number.POSITIVE_INFINITY;
    for (let member = 0; member < this.capacity; member++) {
      const heardAtMs = at(state, this.latestAtMs + member);
      if (heardAtMs < staleBeforeMs) this.forget(state, member);
      else oldest = Math.min(oldest, heardAtMs);
    }
    state[oldestAtMs] = oldest;
  }

  private forget(state: Float64Array, member: number): void {
    if (state[this.latestAtMs + member] === Number.NEGATIVE_INFINITY) return;
    removeSorted({ state, from: sorted, count: at(state, present) }, at(state, this.latest + member));
    state[present] = at(state, present) - 1;
    state[this.latestAtMs + member] = Number.NEGATIVE_INFINITY;
  }

  private remember(
    state: Float64Array,
    { member, atMs, value }: { member: number; atMs: number; value: number },
  ): void {
    insertSorted({ state, from: sorted, count: at(state, present) }, value);
    state[present] = at(state, present) + 1;
    state[this.latest + member] = value;
    state[this.latestAtMs + member] = atMs;
    state[oldestAtMs] = Math.min(at(state, oldestAtMs), atMs);
  }
}
