import { checkReading, countedPart, deviationOf } from './model.js';
import type { Creation } from './model-kind.js';
import { choice, number, readParameters, type ValuesOf } from './parameters.js';
import { comparisonParameters, peerGroup } from './peer-group.js';
import { robustScale } from './sorted-values.js';

/** Scores what the members of a group say of the same time, each against all others. Remembers nothing. */
export interface PeerRoundModel {
  /** Whose members are compared. */
  readonly by: 'profile' | 'site';
  /** Length of a round in event time. */
  readonly everyMs: number;
  /**
   * @param values one of each member, in any order
   * @returns of each, standard deviations from the others' median, positive above it; NaN while there are fewer others than
   *   `minPeers`. Costs as much as sorting
   * @throws DetectorError detectors.reading-not-finite, detectors.reading-too-large
   */
  deviations(values: readonly number[]): number[];
  isAnomalous(deviation: number): boolean;
}

const parameters = {
  by: choice(['profile', 'site'], 'profile', 'whose devices are compared with each other, in rounds'),
  everyMs: number(
    { unit: 'ms', from: 60_000, to: 3_600_000, whole: true, default: 300_000 },
    'length of a round: of each device its last reading is compared',
  ),
  ...comparisonParameters,
};
type Values = ValuesOf<typeof parameters>;

/** `peer-group` of devices whose readings come in no common order: they are compared round by round. */
export const peerRound = {
  type: peerGroup.type,
  parameters,
  create(given: unknown): Creation<PeerRoundModel> {
    const read = readParameters(parameters, given);
    return 'faults' in read ? read : { model: new PeerRound(read.values) };
  },
} as const;

class PeerRound implements PeerRoundModel {
  readonly by: PeerRoundModel['by'];
  readonly everyMs: number;
  private readonly minScale: number;

  constructor(private readonly values: Values) {
    this.by = values.by;
    this.everyMs = values.everyMs;
    this.minScale = values.resolution / Math.sqrt(12);
  }

  deviations(values: readonly number[]): number[] {
    for (const value of values) checkReading(0, value);
    if (values.length <= this.values.minPeers) return values.map(() => Number.NaN);
    const { ascending, placeOf } = sorted(values);
    const spreads = new Map<number, Spread>();
    return values.map((value, member) => {
      const place = placeOf[member] as number;
      const median = medianWithout(ascending, place);
      // Which one is left out moves the median to one of three places at most.
      const spread = spreads.get(median) ?? spreadAbout(ascending, median);
      spreads.set(median, spread);
      return deviationOf(value, median, Math.max(scaleWithout(spread, place), this.minScale));
    });
  }

  isAnomalous(deviation: number): boolean {
    return countedPart(deviation, this.values.direction) > this.values.threshold;
  }
}

/** Distances of all members from one median. */
interface Spread {
  readonly ascending: Float64Array;
  /** Of each member by its place among the values. */
  readonly placeOf: readonly number[];
  readonly sum: number;
}

function spreadAbout(values: Float64Array, median: number): Spread {
  const distances = Array.from(values, (value) => Math.abs(value - median));
  return { ...sorted(distances), sum: distances.reduce((sum, distance) => sum + distance, 0) };
}

function scaleWithout({ ascending, placeOf, sum }: Spread, member: number): number {
  const place = placeOf[member] as number;
  const others = ascending.length - 1;
  const meanDeviation = (): number => Math.max(0, sum - (ascending[place] as number)) / others;
  return robustScale(medianWithout(ascending, place), meanDeviation);
}

function sorted(values: readonly number[]): { ascending: Float64Array; placeOf: readonly number[] } {
  const order = values.map((_, member) => member).sort((a, b) => (values[a] as number) - (values[b] as number));
  const placeOf = new Array<number>(values.length);
  for (const [place, member] of order.entries()) placeOf[member] = place;
  return { ascending: Float64Array.from(order, (member) => values[member] as number), placeOf };
}

/** The median of all but one. */
function medianWithout(ascending: Float64Array, place: number): number {
  const count = ascending.length - 1;
  const nth = (n: number): number => ascending[n < place ? n : n + 1] as number;
  const middle = count >> 1;
  return count % 2 === 1 ? nth(middle) : (nth(middle - 1) + nth(middle)) / 2;
}
