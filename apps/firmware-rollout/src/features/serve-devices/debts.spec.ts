import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Debts } from './debts.js';

describe('debts', () => {
  test('let a burst through at once, and then what the rate earns', () => {
    const debts = new Debts({ perSecond: 2, burst: 3 }, 8);
    const taken = (nowMs: number): boolean => debts.tryTake('acme/a', 1, nowMs) === 0;
    expect([taken(0), taken(0), taken(0), taken(0)]).toEqual([true, true, true, false]);
    expect(debts.waitMs('acme/a', 0)).toBe(1);
    expect([taken(500), taken(500)]).toEqual([true, false]);
  });

  test('say when there is room again, and there is', () => {
    const debts = new Debts({ perSecond: 10, burst: 5 }, 8);
    debts.take('acme/a', 25, 1_000);
    const waitMs = debts.waitMs('acme/a', 1_000);
    expect(waitMs).toBe(2_001);
    expect(debts.waitMs('acme/a', 1_000 + waitMs)).toBe(0);
  });

  test('never let more through than the burst and what the rate earned, whenever it is asked for', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 1, max: 4 })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, (asked) => {
        const debts = new Debts({ perSecond: 4, burst: 10 }, 8);
        let [nowMs, passed] = [0, 0];
        for (const [afterMs, amount] of asked) {
          nowMs += afterMs;
          if (debts.tryTake('acme/a', amount, nowMs) === 0) passed += amount;
        }
        expect(passed).toBeLessThanOrEqual(10 + 4 + (nowMs * 4) / 1_000 + 0.01);
      }),
    );
  });

  test('of one device are no other ones, however many devices owe', () => {
    const debts = new Debts({ perSecond: 1, burst: 10 }, 64);
    const waits = Array.from({ length: 5_000 }, (_, nth) => debts.tryTake(`acme/device-${nth}`, 10, 0));
    expect(Math.max(...waits)).toBe(0);
  });

  test('of who owes the most are kept when more devices owe than there is room for', () => {
    const debts = new Debts({ perSecond: 1, burst: 10 }, 64);
    debts.take('acme/storm', 1_000, 0);
    for (let nth = 0; nth < 5_000; nth += 1) debts.take(`acme/device-${nth}`, 1, 0);
    expect(debts.waitMs('acme/storm', 0)).toBeGreaterThan(900_000);
  });

  test('grow no shorter when the clock steps back', () => {
    const debts = new Debts({ perSecond: 1, burst: 1 }, 8);
    debts.take('acme/a', 100, 1_000_000);
    expect(debts.waitMs('acme/a', 0)).toBe(99_001);
  });
});
