import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type AdvanceCondition, type AdvanceFacts, judgeAdvance } from './advance-conditions.js';
import { whyToPause } from './pause-conditions.js';
import { budgetOf, devicesPerMinute } from './speed.js';
import { summaryOf, tallyOf } from './tally.js';
import { holds, notYet } from './verdict.js';
import { isInWindow } from './weekly-windows.js';
import { wilsonLowerBound } from './wilson-bound.js';

const facts: AdvanceFacts = {
  ...{ nowMs: 100_000, finishedAtMs: 40_000, judgements: {} },
  summary: { succeeded: 9, unsuccessful: 1 },
};
const judged = (condition: AdvanceCondition, more: Partial<AdvanceFacts> = {}) =>
  judgeAdvance([condition], { ...facts, ...more })[0];

describe('a wave is done', () => {
  test('when enough have succeeded; when not, waiting does not help', () => {
    expect(judged({ kind: 'success-share', atLeast: 0.9 })).toEqual(holds);
    expect(judged({ kind: 'success-share', atLeast: 0.95 })).toEqual({
      ...{ holds: false, isFinal: true, why: '9 of 10 devices have succeeded, and 95% have to' },
    });
  });

  test('by shares that binary fractions do not have', () => {
    for (let hundredths = 1; hundredths <= 100; hundredths += 1) {
      const summary = { succeeded: hundredths, unsuccessful: 100 - hundredths };
      expect(judged({ kind: 'success-share', atLeast: hundredths / 100 }, { summary })).toEqual(holds);
    }
  });

  test('when nobody had anything to do', () => {
    expect(judged({ kind: 'success-share', atLeast: 1 }, { summary: { succeeded: 0, unsuccessful: 0 } })).toEqual(
      holds,
    );
  });

  test('when it has soaked since it was finished', () => {
    expect(judged({ kind: 'soak-time', ms: 60_000 })).toEqual(holds);
    expect(judged({ kind: 'soak-time', ms: 60_001 })).toEqual(notYet('the wave soaks until 1970-01-01T00:01:40.001Z'));
  });

  test('when somebody has approved', () => {
    expect(judged({ kind: 'approval', by: 'anyone' })).toEqual(notYet('somebody has to approve'));
    expect(judged({ kind: 'approval', by: 'anyone' }, { approvedBy: 'bob' })).toEqual(holds);
  });

  test('when a window is open', () => {
    // Thursday, 00:01:40 UTC
    const thursday = [{ fromMinute: 4 * 1_440, toMinute: 4 * 1_440 + 30 }];
    expect(judged({ kind: 'windows', weekly: thursday, timeZone: 'UTC' })).toEqual(holds);
    expect(judged({ kind: 'windows', weekly: thursday, timeZone: 'America/New_York' })).toEqual(
      notYet('no window is open (America/New_York)'),
    );
  });

  test('when no gateway is overloaded', () => {
    expect(judged({ kind: 'calm-gateways' }, { overloadedUntilMs: 100_001 })).toMatchObject({
      holds: false,
      isFinal: false,
    });
    expect(judged({ kind: 'calm-gateways' }, { overloadedUntilMs: 100_000 })).toEqual(holds);
  });

  test('when whoever else judges says so', () => {
    const condition: AdvanceCondition = { kind: 'judged', by: 'telemetry' };
    expect(judged(condition)).toEqual(notYet('telemetry has not answered yet'));
    expect(judged({ kind: 'judged', by: 'constructor' })).toMatchObject({ holds: false });
    expect(judged(condition, { judgements: { telemetry: holds } })).toEqual(holds);
  });
});

describe('a rollout is paused', () => {
  const counts = (unsuccessful: number, succeeded: number) => ({ unsuccessful, succeeded });

  test('when the share and the number of failures are too high, not when one of them is', () => {
    const condition = { kind: 'failure-share', above: 0.2, minimumFailures: 3 } as const;
    expect(whyToPause([condition], counts(3, 7))).toBe('3 of 10 devices have failed: more than a share of 0.2');
    expect(whyToPause([condition], counts(2, 0))).toBeUndefined();
    expect(whyToPause([condition], counts(3, 12))).toBeUndefined();
    expect(whyToPause([condition], counts(0, 0))).toBeUndefined();
  });

  test('a small wave has to show it more clearly where one wants to be sure', () => {
    const condition = { kind: 'failure-share', above: 0.2, minimumFailures: 1, confidence: 0.95 } as const;
    expect(whyToPause([condition], counts(1, 1))).toBeUndefined();
    expect(whyToPause([condition], counts(2, 1))).toContain('with a confidence of 0.95');
    expect(whyToPause([condition], counts(30, 90))).toBeUndefined();
    expect(whyToPause([condition], counts(300, 900))).toBeDefined();
  });

  test('the bound is that of the literature', () => {
    expect(wilsonLowerBound(10, 20, 0.95)).toBeCloseTo(0.3273, 3);
    expect(wilsonLowerBound(5, 5, 0.95)).toBeCloseTo(5 / (5 + 1.6449 ** 2), 3);
    expect(wilsonLowerBound(0, 10, 0.99)).toBe(0);
    expect(wilsonLowerBound(3, 10, 0.5)).toBeCloseTo(0.3, 6);
  });

  test('the bound is below what was seen, and the more so the surer one wants to be', () => {
    const all = fc
      .integer({ min: 1, max: 1_000 })
      .chain((total) => fc.tuple(fc.integer({ min: 0, max: total }), fc.constant(total)));
    fc.assert(
      fc.property(all, ([count, total]) => {
        const bounds = [0.5, 0.8, 0.95, 0.99, 0.999].map((confidence) => wilsonLowerBound(count, total, confidence));
        expect(bounds[0]).toBeLessThanOrEqual(count / total + 1e-9);
        expect(bounds.toSorted((a, b) => b - a)).toEqual(bounds);
        expect(bounds.at(-1)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('weekly windows', () => {
  const at = (text: string, timeZone: string, fromMinute: number, toMinute: number) =>
    isInWindow([{ fromMinute, toMinute }], timeZone, Date.parse(text));
  const monday = 1_440;

  test('begin and end by the clocks of the place, in summer and in winter', () => {
    for (const text of ['2026-07-06T00:00:00Z', '2026-01-05T01:00:00Z']) {
      expect(at(text, 'Europe/Berlin', monday + 120, monday + 240)).toBe(true);
      expect(at(text, 'Europe/Berlin', monday + 121, monday + 240)).toBe(false);
      expect(at(text, 'Europe/Berlin', monday, monday + 120)).toBe(false);
    }
  });

  test('go on over the end of the week', () => {
    expect(at('2026-11-28T23:30:00Z', 'UTC', 10_000, 60)).toBe(true);
    expect(at('2026-11-29T00:30:00Z', 'UTC', 10_000, 60)).toBe(true);
    expect(at('2026-11-29T01:00:00Z', 'UTC', 10_000, 60)).toBe(false);
  });
});

describe('speed', () => {
  test('grows with each so many successes, up to its limit', () => {
    const speed = { kind: 'growing', perMinute: 10, factor: 1.5, everySuccesses: 100, maxPerMinute: 30 } as const;
    expect([0, 99, 100, 200, 300, 1_000_000].map((succeeded) => devicesPerMinute(speed, succeeded))).toEqual([
      ...[10, 10, 15, 22, 30, 30],
    ]);
  });

  test('is shared out over the minute, and never more than it', () => {
    const speed = { kind: 'constant', perMinute: 600 } as const;
    expect(budgetOf(speed, 0, { inMinute: 0, inBurst: 0 })).toBe(100);
    expect(budgetOf(speed, 0, { inMinute: 560, inBurst: 40 })).toBe(40);
    expect(budgetOf(speed, 0, { inMinute: 100, inBurst: 100 })).toBe(0);
    expect(budgetOf(speed, 0, { inMinute: 700, inBurst: 0 })).toBe(0);
    expect(budgetOf({ kind: 'constant', perMinute: 1 }, 0, { inMinute: 0, inBurst: 0 })).toBe(1);
  });
});

test('a tally tells apart who is at work, asked to stop, and will not', () => {
  const tally = tallyOf([
    ...[{ state: 'planned' }, { state: 'installing' }, { state: 'installing', reason: 'refused-to-stop' }],
    ...[{ state: 'cancelling', reason: 'abort' }, { state: 'cancelling', reason: 'timed-out' }, { state: 'succeeded' }],
    ...[
      { state: 'failed', reason: 'reported' },
      { state: 'cancelled', reason: 'device' },
      { state: 'cancelled', reason: 'abort' },
    ],
    { state: 'skipped', reason: 'lifecycle' },
  ] as Parameters<typeof tallyOf>[0]);
  expect(tally['installing/refused-to-stop']).toBe(1);
  expect(summaryOf(tally)).toEqual({ planned: 1, active: 4, stoppable: 1, succeeded: 1, unsuccessful: 3, closed: 5 });
});
