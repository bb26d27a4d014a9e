import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type PollingPolicy, pollingIntervalMs, sleepText } from './polling-interval.js';

const policy: PollingPolicy = { baseMs: 300_000, deviationPercent: 10, urgentMs: 60_000 };
const key = fc.tuple(fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/), fc.stringMatching(/^[A-Za-z0-9._:-]{1,40}$/));

describe('the polling interval of a device', () => {
  test('is always the same for it, within the deviation, in whole seconds', () => {
    fc.assert(
      fc.property(key, ([tenant, device]) => {
        const ms = pollingIntervalMs(policy, `${tenant}/${device}`, false);
        expect(pollingIntervalMs(policy, `${tenant}/${device}`, false)).toBe(ms);
        expect(Math.abs(ms - 300_000)).toBeLessThanOrEqual(30_000);
        expect(ms % 1_000).toBe(0);
      }),
    );
  });

  test('spreads evenly over devices with consecutive names, whatever the fleet is called', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9-]{1,12}$/), fc.constantFrom(5, 10, 20), (prefix, deviationPercent) => {
        const devices = 12_200;
        const counts = new Map<number, number>();
        for (let i = 0; i < devices; i += 1) {
          const ms = pollingIntervalMs({ ...policy, deviationPercent }, `acme/${prefix}${i}`, false);
          counts.set(ms, (counts.get(ms) ?? 0) + 1);
        }
        const values = (2 * 300 * deviationPercent) / 100 + 1;
        expect(counts.size).toBe(values);
        // Chi squared has mean values - 1 and variance twice that: six deviations are never seen of an even spread.
        const expected = devices / values;
        const chi = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
        expect(chi).toBeLessThan(values - 1 + 6 * Math.sqrt(2 * (values - 1)) + 10);
      }),
      { numRuns: 12, seed: 7 },
    );
  });

  test('is short while something is rolled out, never longer than usual', () => {
    const urgent = pollingIntervalMs(policy, 'acme/one', true);
    expect(Math.abs(urgent - 60_000)).toBeLessThanOrEqual(6_000);
    const slow = { ...policy, urgentMs: 900_000 };
    expect(pollingIntervalMs(slow, 'acme/one', true)).toBe(pollingIntervalMs(slow, 'acme/one', false));
  });

  test('lies between 30 seconds and a second less than a day, whatever is configured', () => {
    const settings = fc.record({
      baseMs: fc.nat(400_000_000),
      deviationPercent: fc.nat(50),
      urgentMs: fc.nat(400_000_000),
    });
    fc.assert(
      fc.property(settings, key, fc.boolean(), (any, [tenant, device], urgent) => {
        const ms = pollingIntervalMs(any, `${tenant}/${device}`, urgent);
        expect(ms).toBeGreaterThanOrEqual(30_000);
        expect(ms).toBeLessThanOrEqual(86_399_000);
        expect(sleepText(ms)).toMatch(/^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/);
      }),
    );
  });

  test.each([
    [300_000, '00:05:00'],
    [30_000, '00:00:30'],
    [86_399_000, '23:59:59'],
    [86_400_000, '23:59:59'],
    [45_296_999, '12:34:56'],
    [0, '00:00:30'],
  ])('of %i ms is told as %s', (ms, text) => {
    expect(sleepText(ms)).toBe(text);
  });
});
