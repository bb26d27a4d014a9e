import { at, deviationOf } from './model.js';

/** A run of `count` numbers in ascending order within a state, from slot `from`. */
export interface SortedValues {
  readonly state: Float64Array;
  readonly from: number;
  readonly count: number;
}

/** Puts a value in; the run is one longer then. */
export function insertSorted({ state, from, count }: SortedValues, value: number): void {
  const place = lowerBound(state, from, count, value);
  state.copyWithin(place + 1, place, from + count);
  state[place] = value;
}

/** Takes a value out that is in the run; the run is one shorter then. */
export function removeSorted({ state, from, count }: SortedValues, value: number): void {
  const place = lowerBound(state, from, count, value);
  state.copyWithin(place, place + 1, from + count);
}

export function medianOf({ state, from, count }: SortedValues): number {
  const middle = from + (count >> 1);
  const upper = at(state, middle);
  return count % 2 === 1 ? upper : (at(state, middle - 1) + upper) / 2;
}

/**
 * How far a value is from the median, in standard deviations estimated from the median absolute deviation (Iglewicz &
 * Hoaglin 1993), and from the mean absolute deviation where more than half of the values are the same.
 */
export function robustDeviation(values: SortedValues, value: number, minScale: number): number {
  const median = medianOf(values);
  const scale = robustScale(medianDistance(values, median), () => meanDistance(values, median));
  return deviationOf(value, median, Math.max(scale, minScale));
}

/** A standard deviation out of the median absolute deviation, or out of the mean one where that is 0. */
export function robustScale(mad: number, meanDeviation: () => number): number {
  return mad > 0 ? mad / 0.6745 : 1.253314 * meanDeviation();
}

/** Distances from the median grow to both sides of it: the two sides are merged until the middle one is found. */
function medianDistance({ state, from, count }: SortedValues, median: number): number {
  let right = lowerBound(state, from, count, median);
  let left = right - 1;
  const end = from + count;
  let before = 0;
  let distance = 0;
  for (let taken = 0; taken <= count >> 1; taken++) {
    before = distance;
    const toLeft = left >= from ? median - at(state, left) : Number.POSITIVE_INFINITY;
    const toRight = right < end ? at(state, right) - median : Number.POSITIVE_INFINITY;
    if (toLeft <= toRight) {
      distance = toLeft;
      left--;
    } else {
      distance = toRight;
      right++;
    }
  }
  return count % 2 === 1 ? distance : (before + distance) / 2;
}

function meanDistance({ state, from, count }: SortedValues, centre: number): number {
  let sum = 0;
  for (let slot = from; slot < from + count; slot++) sum += Math.abs(at(state, slot) - centre);
  return sum / count;
}

function lowerBound(state: Float64Array, from: number, count: number, value: number): number {
  let low = from;
  let high = from + count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(state, middle) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
