import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { windowStatistics } from './window-statistics.js';

/** Any finite double as a whole number of the smallest one: 2^-1074. */
function exact(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(value));
  const bits = view.getBigUint64(0);
  const exponent = bits >> 52n;
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  const magnitude = exponent === 0n ? fraction : (fraction | 0x10_0000_0000_0000n) << (exponent - 1n);
  return value < 0 ? -magnitude : magnitude;
}
const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
/** |left - right| <= bound * 1e-15 */
const isClose = (left: bigint, right: bigint, bound: bigint): boolean =>
  magnitude(left - right) * 10n ** 15n <= magnitude(bound);

const sample = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ noNaN: true, min: -20, max: 20 }),
  fc.integer({ min: -1000, max: 1000 }),
  fc.constantFrom(0, 1.7976931348623157e308, -1.7976931348623157e308, 1e-310, 1e16, 1, -1e16),
);

describe('statistics of a window', () => {
  test('are those of exact whole-number arithmetic to one part in 10^15, at any magnitude', () => {
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 60 }), (samples) => {
        const { rms, peak, mean, crestFactor } = windowStatistics(samples);
        const count = BigInt(samples.length);
        const units = samples.map(exact);
        const greatest = units.reduce((most, unit) => (magnitude(unit) > most ? magnitude(unit) : most), 0n);
        expect(exact(peak)).toBe(greatest);
        // rms^2 n = sum of squares, in units^2; 1 ulp of denormal results is all that they can hold.
        const squares = units.reduce((sum, unit) => sum + unit * unit, 0n);
        const ulp = 2n * exact(rms) * count + count;
        expect(magnitude(exact(rms) ** 2n * count - squares) <= squares / 10n ** 14n + ulp).toBe(true);
        // A mean of values that cancel is as good as the values are.
        const sum = units.reduce((total, unit) => total + unit, 0n);
        expect(isClose(exact(mean) * count, sum, (greatest + 10n ** 15n) * count)).toBe(true);
        if (peak === 0) return expect(crestFactor).toBeUndefined();
        const crestSquared = Number((greatest * greatest * count * 10n ** 20n) / squares) / 1e20;
        return expect(((crestFactor ?? 0) * (crestFactor ?? 0)) / crestSquared).toBeCloseTo(1, 14);
      }),
      { numRuns: 500 },
    );
  });

  test('of one whole sine are known: rms is the amplitude over the root of two', () => {
    const samples = Array.from({ length: 4_096 }, (_, index) => 3 * Math.sin((2 * Math.PI * index) / 4_096));
    const { rms, peak, crestFactor, mean } = windowStatistics(samples);
    expect([rms, peak]).toEqual([expect.closeTo(3 / Math.SQRT2, 14), 3]);
    expect([crestFactor, mean]).toEqual([expect.closeTo(Math.SQRT2, 14), expect.closeTo(0, 14)]);
  });

  test('of a constant window are that constant', () => {
    const window = new Array<number>(4_096).fill(-0.1);
    expect(windowStatistics(window)).toEqual({ rms: 0.1, peak: 0.1, crestFactor: 1, mean: -0.1 });
  });
});
