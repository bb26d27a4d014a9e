import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dayStretches } from './day-stretches.js';
import { dayMs, dayOf } from './retention.js';

const at = (day: number, ms = 0): { tsMs: number } => ({ tsMs: day * dayMs + ms });

describe('stretches of days', () => {
  test('hold every moment once, in as few days as a month or in one', () => {
    const moments = fc.array(
      fc.nat(2_000 * dayMs).map((tsMs) => ({ tsMs })),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(moments, (all) => {
        const stretches = dayStretches(all);
        expect(stretches.flat().sort((a, b) => a.tsMs - b.tsMs)).toEqual([...all].sort((a, b) => a.tsMs - b.tsMs));
        for (const stretch of stretches) {
          const days = stretch.map(({ tsMs }) => dayOf(tsMs));
          expect(Math.max(...days) - Math.min(...days)).toBeLessThan(stretches.length === 1 ? 31 : 1);
        }
      }),
    );
  });

  test('are one for all that lies within 31 days, and one per day beyond', () => {
    const month = [at(100), at(130, dayMs - 1)];
    expect(dayStretches(month)).toEqual([month]);
    expect(dayStretches([at(100), at(131), at(100, 5)])).toEqual([[at(100), at(100, 5)], [at(131)]]);
  });
});
