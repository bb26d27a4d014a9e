import { describe, expect, test } from '@jest/globals';
import { type AssignmentState, isActive, isClosed, workingStates } from './assignment.js';
import {
  after,
  anAssignment,
  answer,
  cancel,
  offer,
  outcomeOf,
  report,
  timeOut,
  timeoutMs,
} from './assignment-fixture.js';
import { assignmentTransitions } from './assignment-transitions.js';
import { type AssignmentEvent, changeAssignment } from './change-assignment.js';

const late = 1_000 * timeoutMs;
const outcome = (before: readonly AssignmentEvent[], event: AssignmentEvent, isDownloadOnly = false): string =>
  outcomeOf(changeAssignment(after(before, anAssignment({ isDownloadOnly })), event, late));

describe('a device reports', () => {
  test.each([
    ['retrieved', 'retrieved'],
    ['downloading', 'downloading'],
    ['downloaded', 'downloaded'],
    ['proceeding', 'installing'],
    ['warned', 'retrieved'],
    ['succeeded', 'succeeded'],
    ['failed', 'failed/reported'],
    ['cancelled', 'cancelled/device'],
  ] as const)('%s: an offered assignment is %s', (kind, expected) => {
    expect(outcome([offer()], report(kind))).toBe(expected);
  });

  test.each(workingStates.slice(1))(
    'a report from before changes nothing at one that is %s, and is recorded',
    (state) => {
      const assignment = anAssignment({ state, actionId: 7, version: 4 });
      for (const kind of ['retrieved', 'warned'] as const) {
        const change = changeAssignment(assignment, report(kind), late);
        expect(change).toMatchObject({
          outcome: 'changed',
          entry: { from: state, to: state, report: kind, version: 5 },
        });
        expect(change).toMatchObject({ assignment: { ...assignment, version: 5 }, effects: [] });
      }
    },
  );

  test.each(['succeeded', 'failed', 'cancelled'] as const)(
    'the closing %s again is no fault; anything else is gone',
    (kind) => {
      const closed = [offer(), report(kind)];
      expect(outcome(closed, report(kind))).toBe('repeated');
      for (const other of ['succeeded', 'failed', 'cancelled', 'proceeding', 'downloaded'] as const)
        if (other !== kind) expect(outcome(closed, report(other))).toBe('gone');
    },
  );

  test('the download closes one that is download-only, and only that', () => {
    expect(outcome([offer(), report('proceeding')], report('downloaded'), true)).toBe('succeeded');
    expect(outcome([offer(), report('proceeding')], report('downloaded'))).toBe('installing');
    expect(outcome([offer(), report('downloaded')], report('downloaded'), true)).toBe('repeated');
  });

  test('what nobody has offered yet is not reported on', () => {
    expect(outcome([], report('succeeded'))).toBe('not-offered');
  });
});

describe('a device is asked to stop', () => {
  const asked = [offer(), report('downloading'), cancel];

  test.each([
    ['cancelled', 'cancelled/operator'],
    ['cancel-refused', 'downloading/refused-to-stop'],
    ['proceeding', 'cancelling/operator'],
    ['warned', 'cancelling/operator'],
  ] as const)('it answers %s: %s', (kind, expected) => {
    expect(outcome(asked, answer(kind))).toBe(expected);
  });

  test.each([
    ['succeeded', 'succeeded'],
    ['failed', 'failed/reported'],
    ['cancelled', 'cancelled/operator'],
    ['downloaded', 'cancelling/operator'],
  ] as const)('and reports %s of the deployment: %s', (kind, expected) => {
    expect(outcome(asked, report(kind))).toBe(expected);
  });

  test('how far it got in the meantime is where it is again when it refuses', () => {
    expect(outcome([...asked, report('proceeding'), report('downloaded')], answer('cancel-refused'))).toBe(
      'installing/refused-to-stop',
    );
  });

  test('an answer that nobody asked for is not accepted', () => {
    for (const kind of ['cancelled', 'cancel-refused', 'proceeding'] as const)
      expect(outcome([offer(), report('downloading')], answer(kind))).toBe('not-cancelling');
    expect(outcome([...asked, answer('cancel-refused')], answer('cancelled'))).toBe('not-cancelling');
    expect(outcome([...asked, answer('cancelled')], answer('cancel-refused'))).toBe('gone');
    expect(outcome([...asked, answer('cancelled')], answer('cancelled'))).toBe('repeated');
  });

  test('twice is once', () => {
    expect(outcome(asked, { kind: 'cancel', cause: 'abort', timeoutMs })).toBe('repeated');
  });

  test('who knows of nothing is not asked', () => {
    expect(outcome([], cancel)).toBe('cancelled/operator');
  });
});

describe('the time of a device is up', () => {
  test('it is asked to stop first, and given up when it does not answer', () => {
    expect(outcome([offer()], timeOut)).toBe('cancelling/timed-out');
    expect(outcome([offer(), timeOut], timeOut)).toBe('failed/timed-out');
    expect(outcome([offer(), timeOut], answer('cancelled'))).toBe('failed/timed-out');
    expect(outcome([offer(), timeOut], report('succeeded'))).toBe('succeeded');
  });

  test('who has refused to stop is not asked again', () => {
    expect(outcome([offer(), cancel, answer('cancel-refused')], timeOut)).toBe('failed/timed-out');
  });

  test('whoever was asked to stop for another reason has been cancelled for that', () => {
    expect(outcome([offer(), cancel], timeOut)).toBe('cancelled/operator');
  });

  test('a time-out that comes before the time changes nothing', () => {
    const offered = after([offer()]);
    expect(offered.dueAtMs).toBe(2 * timeoutMs);
    expect(outcomeOf(changeAssignment(offered, timeOut, 2 * timeoutMs - 1))).toBe('repeated');
    const moved = after([offer(), report('retrieved')]);
    expect(outcomeOf(changeAssignment(moved, timeOut, 2 * timeoutMs))).toBe('repeated');
  });
});

describe('a device that has to agree', () => {
  const asked: AssignmentEvent = { kind: 'offer', actionId: 7, timeoutMs, needsConfirmation: true };
  const confirm: AssignmentEvent = { kind: 'confirm', timeoutMs };

  test.each<[string, AssignmentEvent, string]>([
    ['that it agrees', confirm, 'offered'],
    ['that it does not for now', { kind: 'deny' }, 'unconfirmed'],
    ['nothing until its time is up', timeOut, 'cancelled/not-confirmed'],
    ['nothing before somebody cancels', cancel, 'cancelled/operator'],
    ['that it has updated all the same', report('succeeded'), 'not-offered'],
    ['nothing before it is retired', { kind: 'end-of-device', reason: 'device-retired' }, 'cancelled/device-retired'],
  ])('says %s', (_what, event, expected) => {
    expect(outcome([asked], event)).toBe(expected);
  });

  test('has its time anew from when it agrees, and agrees once', () => {
    expect(after([asked, confirm])).toMatchObject({ state: 'offered', actionId: 7, dueAtMs: 3 * timeoutMs });
    expect(outcome([asked, confirm], confirm)).toBe('repeated');
    expect(outcome([asked, confirm], { kind: 'deny' })).toBe('not-unconfirmed');
    expect(outcome([asked, cancel], confirm)).toBe('gone');
    expect(outcome([], confirm)).toBe('not-unconfirmed');
  });
});

describe('people and registry', () => {
  test('a new attempt has no action id until it is offered with another one', () => {
    const failed = after([offer(7), report('failed')]);
    const change = changeAssignment(failed, { kind: 'retry', by: 'ann' }, late);
    expect(change).toMatchObject({ entry: { attempt: 1, actionId: 7, from: 'failed', to: 'planned', by: 'ann' } });
    const again = after([offer(7), report('failed'), { kind: 'retry', by: 'ann' }]);
    expect(again).toMatchObject({ attempt: 2, state: 'planned' });
    expect(Object.keys(again)).not.toEqual(expect.arrayContaining(['actionId']));
    expect(after([offer(8)], again)).toMatchObject({ attempt: 2, actionId: 8, state: 'offered' });
  });

  test('what went well, lasts, or is of a device that is no more is not tried again', () => {
    const retry: AssignmentEvent = { kind: 'retry', by: 'ann' };
    expect(outcome([offer(), report('succeeded')], retry)).toBe('closed');
    expect(outcome([offer()], retry)).toBe('not-closed');
    expect(outcome([offer(), { kind: 'end-of-device', reason: 'device-retired' }], retry)).toBe('device-gone');
  });

  test('only who knows of nothing is skipped', () => {
    const skip: AssignmentEvent = { kind: 'skip', reason: 'operator' };
    expect(outcome([], skip)).toBe('skipped/operator');
    expect(outcome([skip], skip)).toBe('repeated');
    expect(outcome([offer()], skip)).toBe('already-offered');
    expect(outcome([offer(), report('failed')], skip)).toBe('closed');
  });

  test('a device that is no more is not waited for', () => {
    const retired: AssignmentEvent = { kind: 'end-of-device', reason: 'device-retired' };
    expect(outcome([], retired)).toBe('skipped/device-retired');
    expect(outcome([offer(), report('proceeding')], retired)).toBe('cancelled/device-retired');
    expect(outcome([offer(), cancel], retired)).toBe('cancelled/device-retired');
    expect(outcome([offer(), report('succeeded')], retired)).toBe('repeated');
  });
});

describe('the table', () => {
  const states = Object.keys(assignmentTransitions) as AssignmentState[];

  test('only a new attempt leaves a closed state', () => {
    for (const state of states.filter(isClosed))
      for (const [key, { kind }] of Object.entries(assignmentTransitions[state]))
        expect({ key, kind }).toEqual(
          key === 'retry'
            ? { key, kind: expect.any(String) }
            : { key, kind: expect.stringMatching(/refused|repeated/) },
        );
  });

  test('a device is shown what the state says', () => {
    for (const state of states)
      for (const transition of Object.values(assignmentTransitions[state])) {
        if (transition.kind !== 'go' || transition.effects.length === 0) continue;
        const shown = transition.effects.filter((effect) => effect.startsWith('show-'));
        if (isClosed(transition.to)) expect(shown).toEqual(['show-nothing']);
        else if (transition.to === 'cancelling') expect(shown).toEqual(['show-cancel']);
        else expect(isActive(transition.to)).toBe(true);
      }
  });

  test('an installation is told of where there is one', () => {
    const effects = (before: readonly AssignmentEvent[], event: AssignmentEvent, isDownloadOnly = false) => {
      const change = changeAssignment(after(before, anAssignment({ isDownloadOnly })), event, late);
      return change.outcome === 'changed' ? change.effects : [];
    };
    expect(effects([offer()], report('proceeding'))).toEqual(['tell-installation-began']);
    expect(effects([offer(), report('proceeding')], report('failed'))).toContain('tell-installation-failed');
    expect(effects([offer(), report('downloaded')], report('failed'))).toEqual(['show-nothing']);
    expect(effects([offer()], report('succeeded'))).toContain('tell-installation-succeeded');
    expect(effects([offer()], report('proceeding'), true)).toEqual([]);
    expect(effects([offer()], report('downloaded'), true)).toEqual(['show-nothing']);
  });
});
