import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type PeerRoundModel, peerRound } from './peer-round.js';
import { robustDeviation } from './sorted-values.js';

const make = (params: object = {}): PeerRoundModel => {
  const creation = peerRound.create(params);
  if ('faults' in creation) throw new Error(JSON.stringify(creation.faults));
  return creation.model;
};

/** By definition: everybody against a list of the others. */
const oneByOne = (values: readonly number[], minScale: number): number[] =>
  values.map((value, member) => {
    const others = Float64Array.from(values.filter((_, other) => other !== member)).sort();
    return robustDeviation({ state: others, from: 0, count: others.length }, value, minScale);
  });

const few = fc.constantFrom(0, 1, 2, 2.5, -3, 50);
const many = fc.double({ min: -1e6, max: 1e6, noNaN: true });

describe('a round of peers', () => {
  test('scores each as against a list of all others', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(few, many), { minLength: 4, maxLength: 30 }),
        fc.constantFrom(0, 0.5),
        (values, resolution) => {
          const found = make({ minPeers: 3, resolution }).deviations(values);
          const expected = oneByOne(values, resolution / Math.sqrt(12));
          for (const [member, deviation] of found.entries()) {
            const wanted = expected[member] as number;
            expect(Math.abs(deviation - wanted)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(wanted)));
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('finds the one that is unlike the others, which it does not make the rule', () => {
    const model = make({ minPeers: 3 });
    // Of the others' median 10.5 with a deviation of 0.5 / 0.6745: 8.0940 of these to 16.5.
    const deviations = model.deviations([10, 11, 10, 11, 16.5]);
    expect(deviations[4]).toBeCloseTo(8.094, 6);
    expect(deviations.map((deviation) => model.isAnomalous(deviation))).toEqual([false, false, false, false, true]);
  });

  test('scores nobody with fewer others than it needs', () => {
    expect(make({ minPeers: 4 }).deviations([1, 2, 3, 400])).toEqual([NaN, NaN, NaN, NaN]);
    expect(make({ minPeers: 4 }).deviations([])).toEqual([]);
    expect(make({ minPeers: 3 }).deviations([1, 2, 3, 400])[3]).toBeGreaterThan(100);
    expect(make().isAnomalous(Number.NaN)).toBe(false);
  });

  test('takes no deviation for less than the resolution, and counts the side that it is asked about', () => {
    const values = [5, 5, 5, 5, 5, 5.1, 5];
    const stood = make().deviations(values)[5];
    expect(stood).toBe(1e6);
    expect(make({ resolution: 0.1 }).deviations(values)[5]).toBeCloseTo(Math.sqrt(12), 9);
    expect(make({ direction: 'below' }).isAnomalous(1e6)).toBe(false);
    expect(make({ direction: 'below' }).isAnomalous(-1e6)).toBe(true);
  });

  test('refuses what it cannot go by, each at its place, and readings that are none', () => {
    expect(peerRound.create({ by: 'floor', everyMs: 59_999, minPeers: 2, capacity: 9 })).toEqual({
      faults: [
        { pointer: '/capacity', problem: expect.stringMatching(/^is not known; there are by, everyMs, minPeers, /) },
        { pointer: '/by', problem: 'must be one of profile, site' },
        { pointer: '/everyMs', problem: 'must be a whole number from 60000 to 3600000 (ms)' },
        { pointer: '/minPeers', problem: 'must be a whole number from 3 to 1000 (members)' },
      ],
    });
    expect(() => make().deviations([1, Number.NaN])).toThrow('finite');
    expect(make()).toMatchObject({ by: 'profile', everyMs: 300_000 });
  });
});
