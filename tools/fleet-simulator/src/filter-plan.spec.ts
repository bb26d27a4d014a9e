import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { filterPlan, filtersOf } from './filter-plan.js';
import { kindOf } from './registration.js';

const hourMs = 3_600_000;

describe('a plan for filtered devices', () => {
  test('ends a run in time just before a full hour whose reports are late soon after the end', () => {
    const times = fc.record({ nowMs: fc.integer({ min: 0, max: 4e12 }), forMs: fc.integer({ min: 1, max: 1e8 }) });
    fc.assert(
      fc.property(times, ({ nowMs, forMs }) => {
        const { behindMs, latenessMs, lateFromMs = NaN } = filterPlan(nowMs, forMs);
        const lastTs = nowMs + forMs - behindMs;
        const fullHourMs = Math.floor(lastTs / hourMs + 1) * hourMs;
        expect(behindMs).toBeGreaterThanOrEqual(0);
        expect(behindMs).toBeLessThan(hourMs);
        expect(fullHourMs - lastTs).toBe(5_000);
        expect(lateFromMs).toBe(fullHourMs + latenessMs);
        expect(lateFromMs - (nowMs + forMs)).toBe(10_000);
      }),
    );
  });

  test('leaves clocks right where nobody knows the end', () => {
    expect(filterPlan(5, undefined)).toMatchObject({ behindMs: 0, lateFromMs: undefined });
  });
});

test.each([
  [[1, 21, 5], 1],
  [[3, 3], 1],
])('the deadband over %j is a twentieth of its spread, above 0', (values, deadband) => {
  const filters = filtersOf({ metric: 'speed', values: Float64Array.from(values) }, 1_000);
  expect(filters['speed']).toEqual({ deadband, minimumIntervalMs: 5_000 });
});

test('shares of a fleet are kept, each device is of one kind, and beside evaluated devices there are filtered ones', () => {
  const percent = fc.integer({ min: 0, max: 100 });
  fc.assert(
    fc.property(percent, percent, (evaluated, most) => {
      const filtered = Math.min(most, 100 - evaluated);
      const shares = { evaluateOnlyShare: evaluated / 100, filteredShare: filtered / 100 };
      const kinds = Array.from({ length: 1_000 }, (_, nth) => kindOf(nth, shares));
      const count = (kind: string): number => kinds.filter((one) => one === kind).length;
      expect(Math.abs(count('evaluated') - evaluated * 10)).toBeLessThanOrEqual(1);
      expect(Math.abs(count('filtered') - filtered * 10)).toBeLessThanOrEqual(1);
    }),
  );
});
