import { describe, expect, test } from '@jest/globals';
import { type RolloutAction, type RolloutChange, changeRollout } from './change-rollout.js';
import { type RolloutState, type Wave, rolloutStates } from './rollout.js';
import { aRollout } from './rollout-fixture.js';
import { rolloutTransitions } from './rollout-transitions.js';

const nowMs = 5_000;
const waves: Wave[] = [
  { index: 0, state: 'done' },
  { index: 1, state: 'soaking', finishedAtMs: 4_000 },
  { index: 2, state: 'pending' },
];
const excused = { succeeded: 4, unsuccessful: 3 };
const actions = {
  start: { kind: 'start', by: 'ann' },
  approve: { kind: 'approve', by: 'bob' },
  pause: { kind: 'pause', reason: 'operator', detail: 'lunch', by: 'bob' },
  resume: { kind: 'resume', by: 'bob', excused },
  abort: { kind: 'abort', cause: 'abort', by: 'bob' },
  advance: { kind: 'advance', wave: 1, by: 'bob' },
} satisfies Record<string, RolloutAction>;

function outcomeOf(change: RolloutChange): string {
  if (change.outcome === 'changed') return change.rollout.state;
  return change.outcome === 'repeated' ? 'repeated' : change.refusal;
}
const outcome = (state: RolloutState, action: RolloutAction): string =>
  outcomeOf(changeRollout(aRollout({}, { state }), waves, action, nowMs));

test.each<[RolloutState, Record<keyof typeof actions, string>]>([
  [
    'draft',
    {
      start: 'running',
      approve: 'not-started',
      pause: 'not-started',
      resume: 'not-started',
      abort: 'aborting',
      advance: 'not-started',
    },
  ],
  [
    'waiting-for-approval',
    {
      start: 'repeated',
      approve: 'running',
      pause: 'not-approved',
      resume: 'not-approved',
      abort: 'aborting',
      advance: 'not-approved',
    },
  ],
  [
    'running',
    {
      start: 'repeated',
      approve: 'repeated',
      pause: 'paused',
      resume: 'repeated',
      abort: 'aborting',
      advance: 'running',
    },
  ],
  [
    'paused',
    {
      start: 'repeated',
      approve: 'repeated',
      pause: 'repeated',
      resume: 'running',
      abort: 'aborting',
      advance: 'paused',
    },
  ],
  [
    'aborting',
    {
      start: 'aborting',
      approve: 'aborting',
      pause: 'aborting',
      resume: 'aborting',
      abort: 'repeated',
      advance: 'aborting',
    },
  ],
  ['aborted', { start: 'over', approve: 'over', pause: 'over', resume: 'over', abort: 'repeated', advance: 'over' }],
  ['succeeded', { start: 'over', approve: 'over', pause: 'over', resume: 'over', abort: 'over', advance: 'over' }],
])('what people can do to a rollout that is %s', (state, expected) => {
  const found = Object.entries(actions).map(([name, action]) => [name, outcome(state, action)]);
  expect(Object.fromEntries(found)).toEqual(expected);
});

test('whatever is done twice is refused or changes nothing the second time', () => {
  for (const state of rolloutStates)
    for (const action of Object.values(actions)) {
      const first = changeRollout(aRollout({}, { state }), waves, action, nowMs);
      if (first.outcome !== 'changed') continue;
      const after = waves.map((wave) => (wave.index === first.wave?.index ? first.wave : wave));
      expect(changeRollout(first.rollout, after, action, nowMs).outcome).toBe('repeated');
    }
});

test('each change has one entry that tells who did what', () => {
  expect(changeRollout(aRollout(), waves, actions.pause, nowMs)).toMatchObject({
    rollout: { state: 'paused', version: 4, paused: { reason: 'operator', detail: 'lunch' } },
    entry: {
      rollout: 'r',
      version: 4,
      kind: 'pause',
      from: 'running',
      to: 'paused',
      reason: 'operator',
      by: 'bob',
      atMs: nowMs,
    },
  });
});

describe('approval', () => {
  const drafted = aRollout({ startApproval: 'second-person' }, { state: 'draft' });
  const started = changeRollout(drafted, waves, actions.start, nowMs);

  test('a start that has to be approved waits for it', () => {
    expect(outcomeOf(started)).toBe('waiting-for-approval');
  });

  test('nobody approves of the own start where a second person is asked for', () => {
    if (started.outcome !== 'changed') throw new Error('it did not start');
    expect(outcomeOf(changeRollout(started.rollout, waves, { kind: 'approve', by: 'ann' }, nowMs))).toBe(
      'own-approval',
    );
    expect(outcomeOf(changeRollout(started.rollout, waves, { kind: 'approve', by: 'bob' }, nowMs))).toBe('running');
  });

  test('of a wave as well', () => {
    const approved = (by: string, asked: 'anyone' | 'second-person') =>
      changeRollout(
        aRollout({ advance: [{ kind: 'approval', by: asked }] }),
        waves,
        { kind: 'approve-wave', wave: 1, by },
        nowMs,
      );
    expect(outcomeOf(approved('ann', 'second-person'))).toBe('own-approval');
    expect(approved('bob', 'second-person')).toMatchObject({ wave: { index: 1, approvedBy: 'bob' } });
    expect(approved('ann', 'anyone')).toMatchObject({
      wave: { index: 1, approvedBy: 'ann' },
      entry: { wave: 1, by: 'ann' },
    });
  });
});

describe('waves', () => {
  test.each([
    [{ kind: 'advance', wave: 0, by: 'bob' }, 'repeated'],
    [{ kind: 'advance', wave: 2, by: 'bob' }, 'wave-not-begun'],
    [{ kind: 'advance', wave: 3, by: 'bob' }, 'no-such-wave'],
    [{ kind: 'start-wave', wave: 2 }, 'wave-not-begun'],
    [{ kind: 'finish-wave', wave: 1 }, 'repeated'],
  ] as [RolloutAction, string][])('%j: %s', (action, expected) => {
    expect(outcome('running', action)).toBe(expected);
  });

  test('a wave that gets devices again is judged anew from its next end on', () => {
    const reopened = changeRollout(aRollout(), waves, { kind: 'reopen-wave', wave: 1 }, nowMs);
    expect(reopened).toMatchObject({ wave: { index: 1, state: 'running' } });
    expect(reopened.outcome === 'changed' && reopened.wave).not.toHaveProperty('finishedAtMs');
  });

  test.each([
    ['failures', excused],
    ['conditions', excused],
    ['operator', undefined],
    ['requested', undefined],
  ] as const)('after a pause for %s, resuming excuses %j', (reason, expected) => {
    const paused = aRollout({}, { state: 'paused', paused: { reason, detail: '' } });
    const resumed = changeRollout(paused, waves, actions.resume, nowMs);
    if (resumed.outcome !== 'changed') throw new Error('it was not resumed');
    expect(resumed.wave?.excused).toEqual(expected);
    expect(resumed.rollout).not.toHaveProperty('paused');
  });
});

test('every state says something of every action', () => {
  const kinds = Object.keys(rolloutTransitions.running);
  for (const state of rolloutStates)
    expect(Object.keys(rolloutTransitions[state]).toSorted()).toEqual(kinds.toSorted());
});
