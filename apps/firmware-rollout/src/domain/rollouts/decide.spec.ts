import { describe, expect, test } from '@jest/globals';
import { decide } from './decide.js';
import { aFreeDevice, aRollout, aSnapshot, aWave } from './rollout-fixture.js';

const nowMs = 1_000_000;
const soak = { kind: 'soak-time', ms: 60_000 } as const;
const most = { kind: 'success-share', atLeast: 0.9 } as const;
const fewFailures = { kind: 'failure-share', above: 0.2, minimumFailures: 2 } as const;

describe('waves', () => {
  test('the first one begins by itself', () => {
    expect(decide(aSnapshot(aRollout(), [aWave(0, 'pending', { planned: 2 })]), nowMs).commands).toEqual([
      { kind: 'start-wave', wave: 0 },
    ]);
  });

  test('one is finished when nobody of it waits or is at work', () => {
    const at = (tally: object) => decide(aSnapshot(aRollout(), [aWave(0, 'running', tally)]), nowMs).commands;
    expect(at({ planned: 1 })).toEqual([]);
    expect(at({ offered: 1, succeeded: 4 })).toEqual([]);
    expect(at({ 'cancelling/operator': 1 })).toEqual([]);
    expect(at({ succeeded: 4, 'skipped/lifecycle': 1 })).toEqual([{ kind: 'finish-wave', wave: 0 }]);
  });

  test('one that soaks is done when all conditions hold, and says what it waits for until then', () => {
    const at = (finishedAtMs: number) =>
      decide(
        aSnapshot(aRollout({ advance: [most, soak] }), [aWave(0, 'soaking', { succeeded: 9 }, { finishedAtMs })]),
        nowMs,
      );
    expect(at(nowMs - 60_000)).toEqual({ commands: [{ kind: 'complete-wave', wave: 0 }], waitsFor: [] });
    expect(at(nowMs - 59_999)).toEqual({ commands: [], waitsFor: ['the wave soaks until 1970-01-01T00:16:40.001Z'] });
  });

  test('one that cannot be done any more pauses the rollout', () => {
    const waves = [aWave(0, 'soaking', { succeeded: 8, 'failed/reported': 2 }, { finishedAtMs: nowMs })];
    expect(decide(aSnapshot(aRollout({ advance: [soak, most] }), waves), nowMs).commands).toEqual([
      { kind: 'pause', reason: 'conditions', detail: '8 of 10 devices have succeeded, and 90% have to' },
    ]);
  });

  test('one that a person lets pass is done, whatever the conditions say and whoever is still at work', () => {
    const waves = [aWave(0, 'running', { offered: 3 }, { advancedBy: 'bob' }), aWave(1, 'pending', { planned: 5 })];
    expect(decide(aSnapshot(aRollout({ advance: [soak] }), waves), nowMs).commands).toEqual([
      { kind: 'complete-wave', wave: 0 },
    ]);
  });

  test('one that gets a device back is not judged until that is through', () => {
    const waves = [aWave(0, 'soaking', { succeeded: 8, planned: 1 }, { finishedAtMs: 0 })];
    expect(decide(aSnapshot(aRollout(), waves), nowMs).commands).toEqual([{ kind: 'reopen-wave', wave: 0 }]);
  });

  test('the rollout succeeds after the last one, with nobody at work in any', () => {
    const waves = [aWave(0, 'done', { succeeded: 1, offered: 1 }), aWave(1, 'done', { succeeded: 4 })];
    expect(decide(aSnapshot(aRollout(), waves), nowMs).commands).toEqual([]);
    expect(decide(aSnapshot(aRollout(), waves.slice(1)), nowMs).commands).toEqual([{ kind: 'succeed' }]);
  });
});

describe('failures', () => {
  const free = [aFreeDevice('dev-1')];

  test('pause the rollout, and nobody else is offered anything in the same step', () => {
    const waves = [aWave(0, 'running', { planned: 1, 'failed/reported': 2, succeeded: 1 })];
    expect(
      decide(aSnapshot(aRollout({ pause: [fewFailures] }), waves, { free, due: ['dev-2'] }), nowMs).commands,
    ).toEqual([
      { kind: 'time-out', devices: ['dev-2'] },
      { kind: 'pause', reason: 'failures', detail: '2 of 3 devices have failed: more than a share of 0.2' },
    ]);
  });

  test('that it was resumed in spite of do not pause it again; one more in a row does', () => {
    const excused = { succeeded: 1, unsuccessful: 2 };
    const at = (failed: number) => {
      const waves = [aWave(0, 'running', { planned: 1, 'failed/reported': failed, succeeded: 1 }, { excused })];
      return decide(aSnapshot(aRollout({ pause: [fewFailures] }), waves), nowMs).commands;
    };
    expect(at(3)).toEqual([]);
    expect(at(4)).toMatchObject([{ kind: 'pause' }]);
    // Somebody had them tried again.
    expect(at(0)).toEqual([]);
  });

  test('a paused rollout only looks after the time of its devices', () => {
    const paused = aRollout({}, { state: 'paused', paused: { reason: 'operator', detail: 'lunch' } });
    const waves = [aWave(0, 'running', { planned: 1 })];
    expect(decide(aSnapshot(paused, waves, { free, due: ['dev-2'] }), nowMs)).toEqual({
      ...{ commands: [{ kind: 'time-out', devices: ['dev-2'] }], waitsFor: ['lunch'] },
    });
  });

  test.each(['draft', 'waiting-for-approval', 'aborted', 'succeeded'] as const)(
    'a rollout that is %s does nothing',
    (state) => {
      const waves = [aWave(0, 'running', { planned: 1 })];
      expect(decide(aSnapshot(aRollout({}, { state }), waves, { free }), nowMs).commands).toEqual([]);
    },
  );
});

describe('devices', () => {
  const waves = [aWave(0, 'running', { planned: 9 })];
  const step = (settings: object, free: ReturnType<typeof aFreeDevice>[], more: object = {}) =>
    decide(aSnapshot(aRollout(settings), waves, { free, ...more }), nowMs);

  test('are offered their firmware in the order of the plan, as fast as the limit allows', () => {
    const free = ['dev-3', 'dev-1', 'dev-2'].map((device) => aFreeDevice(device));
    const decision = step({ speed: { kind: 'constant', perMinute: 12 } }, free);
    expect(decision.commands).toEqual([{ kind: 'offer', devices: ['dev-3', 'dev-1'] }]);
    expect(decision.waitsFor).toEqual(['1 devices wait for the speed limit']);
  });

  test('that may not update any more are skipped, which takes nothing of the speed', () => {
    const free = [aFreeDevice('dev-1', { obstacle: 'lifecycle' }), aFreeDevice('dev-2')];
    expect(step({ speed: { kind: 'constant', perMinute: 1 } }, free).commands).toEqual([
      { kind: 'skip', devices: [{ device: 'dev-1', reason: 'lifecycle' }] },
      { kind: 'offer', devices: ['dev-2'] },
    ]);
  });

  test('that are at work for another rollout, or wanted by a heavier one, wait', () => {
    const heavier = { rollout: 'other', weight: 501, createdAtMs: 9 };
    const mine = { rollout: 'r', weight: 500, createdAtMs: 0 };
    const free = [aFreeDevice('dev-1', { isBusy: true }), aFreeDevice('dev-2', { candidates: [mine, heavier] })];
    expect(step({}, free)).toEqual({ commands: [], waitsFor: ['2 devices are taken by another rollout'] });
  });

  test('wait for their window, each by the clocks of its own place', () => {
    // Thursday, 00:16:40 UTC
    const weekly = [{ fromMinute: 4 * 1_440 + 60, toMinute: 4 * 1_440 + 120 }];
    const free = [aFreeDevice('utc'), aFreeDevice('berlin', { timeZone: 'Europe/Berlin' })];
    expect(step({ windows: { weekly } }, free)).toEqual({
      commands: [{ kind: 'offer', devices: ['berlin'] }],
      waitsFor: ['1 devices wait for their window'],
    });
    expect(step({ windows: { weekly, timeZone: 'Europe/Berlin' } }, free).commands).toMatchObject([
      { devices: ['utc', 'berlin'] },
    ]);
  });

  test('wait while a gateway is overloaded, where the rollout says so', () => {
    const free = [aFreeDevice('dev-1')];
    const overloaded = { overloadedUntilMs: nowMs + 1 };
    expect(step({ advance: [{ kind: 'calm-gateways' }] }, free, overloaded).commands).toEqual([]);
    expect(step({}, free, overloaded).commands).toHaveLength(1);
  });
});

describe('an abort', () => {
  const at = (tally: object, due: string[] = []) => {
    const aborting = aRollout({}, { state: 'aborting', abortCause: 'release-revoked' });
    return decide(aSnapshot(aborting, [aWave(0, 'running', tally), aWave(1, 'pending')], { due }), nowMs).commands;
  };

  test('asks everybody to stop, for its cause', () => {
    expect(at({ planned: 1, installing: 2 })).toEqual([{ kind: 'cancel-all', cause: 'release-revoked' }]);
  });

  test('asks nobody twice, and nobody who has refused', () => {
    expect(at({ 'cancelling/release-revoked': 1, 'installing/refused-to-stop': 1 })).toEqual([]);
    expect(at({ 'installing/refused-to-stop': 1 }, ['dev-1'])).toEqual([{ kind: 'time-out', devices: ['dev-1'] }]);
  });

  test('ends with nobody at work', () => {
    expect(at({ succeeded: 1, 'cancelled/release-revoked': 3 })).toEqual([{ kind: 'finish-abort' }]);
  });
});
