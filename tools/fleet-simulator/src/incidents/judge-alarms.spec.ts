import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ExpectedAlarm } from './expected-alarms.js';
import { type AlarmVerdict, type SeenAlarm, judgeAlarms, judgeAnomalies } from './judge-alarms.js';

const stoppedMs = 60_000;
const silence: ExpectedAlarm = {
  ...{ rule: 'demo-silent', device: 7, fromMs: 10_000, dueMs: 21_000, settledMs: 26_000 },
  ...{ occurrences: 1, flaps: false },
};
const flapping: ExpectedAlarm = { ...silence, rule: 'demo-offline', device: 8, occurrences: 3, flaps: true };
const expected = [silence, { ...silence, device: 9 }, flapping];

/** What a service shows that does all that is expected. */
const honest: readonly SeenAlarm[] = expected.flatMap(({ rule, device, fromMs, occurrences, flaps }) =>
  Array.from({ length: occurrences }, (_, nth) => ({
    ...{ rule, device, startedMs: fromMs + 1_000 * (nth + 1), noticedMs: fromMs + 3_000, cleared: true },
    flapping: flaps && nth === occurrences - 1,
  })),
);
const [first, , third] = honest as [SeenAlarm, SeenAlarm, SeenAlarm];
const judge = (seen: readonly SeenAlarm[]): AlarmVerdict => judgeAlarms(expected, seen, stoppedMs);
const problems = (seen: readonly SeenAlarm[]): string[] => judge(seen).findings.map(({ problem }) => problem);

describe('alarms held against what was to be expected', () => {
  test('are all right when each that was expected is there, in any order', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...honest], { minLength: honest.length }), (seen) => {
        expect(judge(seen)).toEqual({ raised: 5, cleared: 5, expected: 5, missed: 0, unfounded: 0, findings: [] });
      }),
    );
  });

  test('are missed when they are not there, and each counts', () => {
    fc.assert(
      fc.property(fc.subarray([...honest], { maxLength: honest.length - 1 }), (seen) => {
        const verdict = judge(seen);
        expect(verdict.missed).toBeGreaterThanOrEqual(honest.length - seen.length);
        expect(verdict).toMatchObject({ raised: seen.length, unfounded: 0 });
        expect(problems(seen)).toContain('not-raised');
      }),
    );
  });

  const elsewhere: Record<string, Partial<SeenAlarm>> = {
    'of another device': { device: 1 },
    'of another rule': { rule: 'demo-energy' },
    'before its incident': { startedMs: 9_999 },
    'after its incident': { startedMs: 26_001 },
    'once more': {},
  };

  test.each(Object.entries(elsewhere))('are false %s', (_, changes) => {
    const wrong = { ...first, ...changes };
    expect(judge([...honest, wrong])).toMatchObject({ raised: 6, missed: 0, unfounded: 1 });
    expect(problems([...honest, wrong])).toEqual(['false']);
  });

  test('that come once more than a device flapped are false', () => {
    expect(judge([...honest, { ...third }])).toMatchObject({ missed: 0, unfounded: 1 });
  });

  test.each<[string, Partial<SeenAlarm>]>([
    ['raised-late', { noticedMs: 31_001 }],
    ['not-cleared', { cleared: false }],
  ])('are missed when they are %s', (problem, changes) => {
    const seen = [{ ...first, ...changes }, ...honest.slice(1)];
    expect(judge(seen)).toMatchObject({ raised: 5, missed: 1, unfounded: 0 });
    expect(problems(seen)).toEqual([problem]);
  });

  test('of a device that flaps have to say so', () => {
    const seen = honest.map((alarm) => ({ ...alarm, flapping: false }));
    expect(judge(seen)).toMatchObject({ missed: 1, unfounded: 0 });
    expect(problems(seen)).toEqual(['not-flapping']);
  });

  test('say nothing of incidents that the stop cut short, and nothing from before the start or after the stop', () => {
    const cutShort = { ...silence, device: 3, fromMs: 40_000, dueMs: 50_000, settledMs: 60_001 };
    const late = { ...first, device: 3, startedMs: 45_000, cleared: false };
    const outside = [
      { ...first, device: 1, startedMs: -1 },
      { ...first, device: 2, startedMs: stoppedMs },
    ];
    const verdict = judgeAlarms([...expected, cutShort], [...honest, late, ...outside], stoppedMs);
    expect(verdict).toEqual({ raised: 5, cleared: 5, expected: 5, missed: 0, unfounded: 0, findings: [] });
    expect(judgeAlarms([cutShort], [late], stoppedMs + 1)).toMatchObject({ expected: 1, missed: 1 });
  });
});

describe('anomalies', () => {
  const span = { device: 4, fromMs: 10_000, settledMs: 20_000 };
  const found = (device: number, startedMs: number): SeenAlarm => ({
    ...first,
    rule: 'demo-drift-x',
    device,
    startedMs,
  });

  test('have the precision and recall of what was found where something was to be found', () => {
    const seen = [found(4, 10_000), found(4, 20_000), found(4, 20_001), found(5, 15_000)];
    const spans = [span, { ...span, device: 6 }];
    expect(judgeAnomalies(spans, seen, stoppedMs)).toEqual({ precision: 0.5, recall: 0.5 });
  });

  test('have none where there is nothing, and do not count what the stop cut short', () => {
    expect(judgeAnomalies([], [], stoppedMs)).toEqual({ precision: null, recall: null });
    expect(judgeAnomalies([span], [found(4, 15_000)], 19_999)).toEqual({ precision: null, recall: null });
  });
});
