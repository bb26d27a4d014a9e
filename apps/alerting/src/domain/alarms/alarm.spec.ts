import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Alarm, type AlarmCommand, AlarmError, alarmLimits, clearByRule, handle, raise, settle } from './alarm.js';
import { occurrenceId } from './occurrence-id.js';
import { type Flapping, lookMs, seen, settlesAfterMs, steady } from './flapping.js';

const fresh = raise(
  {
    ...{ id: 'a', rule: 'r', ruleVersion: 3, device: 'd', severity: 'major', startedAtMs: 10, raisedAtMs: 20 },
    ...{ flapping: true, deviceLabels: {}, labels: {}, annotations: {} },
  },
  25,
).alarm;
const byCondition = (clearedAtMs: number) => ({ reason: 'condition', clearedAtMs, flapping: false }) as const;

const command: fc.Arbitrary<AlarmCommand> = fc.oneof(
  fc.constantFrom<AlarmCommand>(
    ...[{ kind: 'acknowledge' as const }, { kind: 'unacknowledge' as const }],
    ...[{ kind: 'unshelve' as const }, { kind: 'unassign' as const }],
  ),
  fc.record({ kind: fc.constant('shelve' as const), untilMs: fc.integer({ min: 0, max: 200 }) }),
  fc.record({ kind: fc.constant('assign' as const), assignee: fc.constantFrom('ada', 'bob') }),
  fc.record({ kind: fc.constant('comment' as const), text: fc.constant('seen') }),
  fc.record({ kind: fc.constant('clear' as const), reason: fc.constant('broken sensor') }),
);
const step = fc.oneof({ weight: 4, arbitrary: command }, { weight: 1, arbitrary: fc.constant('condition' as const) });

function apply(alarm: Alarm, one: AlarmCommand | 'condition', atMs: number) {
  if (one === 'condition') return clearByRule(alarm, byCondition(atMs - 1), atMs);
  return handle(alarm, one, { by: 'ada', atMs, expectedVersion: alarm.version });
}

describe('alarms', () => {
  test('keep condition and acknowledgement apart, count every change once, and write each into the history', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let alarm = fresh;
        steps.forEach((one, i) => {
          const before = alarm;
          let change: ReturnType<typeof apply>;
          try {
            change = apply(alarm, one, 50 + i);
          } catch (error) {
            expect(error).toBeInstanceOf(AlarmError);
            return;
          }
          if (change === undefined) return;
          alarm = change.alarm;
          expect(change.entry).toMatchObject({ alarm: 'a', version: before.version + 1, atMs: 50 + i });
          expect(alarm.version).toBe(before.version + 1);
          const kind = one === 'condition' ? 'clear' : one.kind;
          expect(alarm.condition).toBe(kind === 'clear' ? 'cleared' : before.condition);
          if (!kind.endsWith('acknowledge')) expect(alarm.acknowledged).toEqual(before.acknowledged);
          expect(alarm.startedAtMs).toBe(10);
        });
        expect(Object.values(alarm)).not.toContain(undefined);
      }),
    );
  });

  test('refuse a command for another version and change nothing', () => {
    const late = () => handle(fresh, { kind: 'acknowledge' }, { by: 'bob', atMs: 30, expectedVersion: 2 });
    expect(late).toThrow(expect.objectContaining({ code: 'alarm.version-conflict', details: { version: 1 } }));
  });

  test.each<[AlarmCommand, string]>([
    [{ kind: 'unacknowledge' }, 'alarm.nothing-to-change'],
    [{ kind: 'unshelve' }, 'alarm.nothing-to-change'],
    [{ kind: 'unassign' }, 'alarm.nothing-to-change'],
    [{ kind: 'shelve', untilMs: 30 }, 'alarm.shelf-invalid'],
    [{ kind: 'shelve', untilMs: 31 + alarmLimits.maxShelveMs }, 'alarm.shelf-invalid'],
  ])('refuse %j when it means nothing (%s)', (one, code) => {
    const refused = () => handle(fresh, one, { by: 'bob', atMs: 30, expectedVersion: 1 });
    expect(refused).toThrow(expect.objectContaining({ code }));
  });

  test('that people cleared are not cleared again by their rule', () => {
    const { alarm } = handle(
      fresh,
      { kind: 'clear', reason: 'false alarm' },
      { by: 'ada', atMs: 30, expectedVersion: 1 },
    );
    expect(alarm).toMatchObject({ condition: 'cleared', clearReason: 'manual', clearedAtMs: 30 });
    expect(clearByRule(alarm, byCondition(29), 40)).toBeUndefined();
  });
});

describe('a flapping alarm', () => {
  test('settles once, as a change of its own', () => {
    const change = settle(fresh, 90);
    expect(change).toMatchObject({
      alarm: { flapping: false, version: 2 },
      entry: { kind: 'settle', version: 2, atMs: 90 },
    });
    expect(settle(change?.alarm as Alarm, 91)).toBeUndefined();
  });

  test('does not when it is cleared', () => {
    const cleared = clearByRule(fresh, { ...byCondition(30), flapping: true }, 40)?.alarm as Alarm;
    expect(cleared).toMatchObject({ flapping: true, clearedAtMs: 30, clearNoticedAtMs: 40 });
    expect(settle(cleared, 90)).toBeUndefined();
  });
});

describe('the id of an occurrence', () => {
  const one = { tenant: 't', rule: 'r', version: 1, device: 'd', startMs: 5 };

  test('is the same for the same occurrence', () => {
    expect(occurrenceId({ ...one })).toBe(occurrenceId(one));
  });

  test('is another one when any part is another', () => {
    const others = [
      { tenant: 'u' },
      { rule: 's' },
      { version: 2 },
      { device: 'e' },
      { startMs: 6 },
      { version: 15, startMs: 5 },
    ];
    const ids = others.map((part) => occurrenceId({ ...one, ...part }));
    expect(new Set([occurrenceId(one), ...ids]).size).toBe(others.length + 1);
  });
});

describe('flapping', () => {
  const after = (looks: readonly boolean[], from: Flapping = steady): Flapping => looks.reduce(seen, from);
  const alternating = Array.from({ length: 21 }, (_, i) => i % 2 === 0);

  test('begins when half of the last 21 states were changes, and ends at a quarter', () => {
    expect(after(alternating.slice(0, 8)).flapping).toBe(false);
    const flapping = after(alternating);
    expect(flapping.flapping).toBe(true);
    const looks = Array.from({ length: 21 }, () => true);
    const ended = looks.findIndex((_, i) => !after(looks.slice(0, i + 1), flapping).flapping);
    // After 14 looks six changes are left, which weigh 5.1 of 20, after 15 five of 4.2.
    expect(ended + 1).toBe(15);
    expect(settlesAfterMs(flapping)).toBe(15 * lookMs);
    expect(settlesAfterMs(after(looks, flapping))).toBeUndefined();
  });

  test('never begins with a condition that changes once', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(40), (before, behind) => {
        const looks = [...Array<boolean>(before).fill(false), ...Array<boolean>(behind).fill(true)];
        expect(after(looks).flapping).toBe(false);
      }),
    );
  });
});
