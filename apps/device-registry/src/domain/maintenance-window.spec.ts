import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { faultInUntil, obstacleToChange, windowStateAt } from './maintenance-window.js';

const at = (hour: number): Date => new Date(Date.UTC(2026, 10, 28, hour));
const window = { from: at(6), until: at(10) };

describe('a maintenance window', () => {
  test('is upcoming, running from its first instant, over from the first instant after it', () => {
    const instants = [at(6).getTime() - 1, at(6).getTime(), at(10).getTime() - 1, at(10).getTime()];
    expect(instants.map((nowMs) => windowStateAt(window, nowMs))).toEqual(['upcoming', 'running', 'running', 'over']);
  });

  test('that ended in the instant of its beginning is over', () => {
    expect(windowStateAt({ from: at(6), until: at(6) }, at(6).getTime())).toBe('over');
  });

  test.each<[string, Date, Date, string | undefined]>([
    ['lies ahead', at(6), at(10), undefined],
    ['has begun', at(1), at(10), undefined],
    ['lasts a millisecond', at(6), new Date(at(6).getTime() + 1), undefined],
    ['ends where it begins', at(6), at(6), 'must be after from'],
    ['ends before it begins', at(6), at(5), 'must be after from'],
    ['lies behind', at(1), at(4), 'must be in the future'],
    ['ends now', at(1), at(5), 'must be in the future'],
    ['lasts 31 days', at(6), at(6 + 31 * 24), undefined],
    ['lasts a millisecond more', at(6), new Date(at(6 + 31 * 24).getTime() + 1), 'must be at most 31 days after from'],
  ])('that %s, made at five', (_what, from, until, fault) => {
    expect(faultInUntil({ from, until }, at(5).getTime())).toBe(fault);
  });

  test.each<[string, Date, number, 'over' | 'begun' | undefined]>([
    ['is moved before it begins', at(7), 5, undefined],
    ['is moved in its first instant', at(7), 6, 'begun'],
    ['stays where it begins while it is running', at(6), 9, undefined],
    ['is moved when it is over', at(7), 10, 'over'],
    ['stays where it begins when it is over', at(6), 10, 'over'],
  ])('that %s', (_what, from, nowHour, obstacle) => {
    expect(obstacleToChange(window, from, at(nowHour).getTime())).toBe(obstacle);
  });

  test('whose change is allowed, at whatever time, begins at the same instant or had not begun', () => {
    const instant = fc.integer({ min: 0, max: 48 }).map(at);
    fc.assert(
      fc.property(instant, instant, instant, instant, (from, until, moved, now) => {
        if (obstacleToChange({ from, until }, moved, now.getTime()) !== undefined) return;
        expect(now.getTime()).toBeLessThan(until.getTime());
        if (now.getTime() >= from.getTime()) expect(moved).toEqual(from);
      }),
    );
  });
});
