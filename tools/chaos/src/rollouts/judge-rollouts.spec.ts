import { expect, test } from '@jest/globals';
import type { Instruction, LastWord } from './instructions.js';
import { type RolloutEvidence, countKey, inFlightMs, judgeRollouts } from './judge-rollouts.js';
import type { StoredAction, StoredAssignment } from './stored-rollouts.js';
import type { ToldChange } from './told-events.js';

const instruction = (action: number, changes: Partial<Instruction> = {}): [number, Instruction] => [
  action,
  { action, device: 'd1', version: '2.0.0', firstShownMs: 2_000, lastAskedMs: 2_500, ...changes },
];
const stored = (changes: Partial<StoredAction> = {}): StoredAction => ({
  ...{ action: 1, rollout: 'r', device: 'd1', version: '2.0.0', wave: 0, waveStartedMs: 1_000, offeredMs: 1_500 },
  ...{ cancelledMs: null, end: 'succeeded', endedBy: 'report', reason: null },
  ...changes,
});
const assignment = (changes: Partial<StoredAssignment> = {}): StoredAssignment => ({
  ...{ rollout: 'r', device: 'd1', wave: 0, state: 'succeeded', reason: null, action: 1, version: 3 },
  ...changes,
});
const change = (of: string, version: number, from: string, to: string): ToldChange => ({ of, version, from, to });
const ofRollout = [change('r', 2, 'draft', 'running'), change('r', 3, 'running', 'succeeded')];
const ofDevice = [change('r d1', 2, 'planned', 'offered'), change('r d1', 3, 'offered', 'succeeded')];

interface Changes extends Partial<RolloutEvidence> {
  readonly words?: Readonly<Record<number, readonly LastWord[]>>;
}

const succeeded: LastWord = { word: 'succeeded', told: 'taken' };

/** One device in one rollout, all well. */
function faults({ words = { 1: [succeeded] }, ...changes }: Changes = {}): string[] {
  return judgeRollouts({
    ...{ shown: new Map([instruction(1)]), wordsOf: (action) => words[action] ?? [], isClockRight: true },
    ...{ rollouts: [{ rollout: 'r', state: 'succeeded', version: 3 }], assignments: [assignment()] },
    ...{ actions: [stored()], changes: [...ofRollout, ...ofDevice] },
    ...{ counts: new Map([[countKey('r', 0, 'succeeded'), 1]]), abortedMs: new Map() },
    ...changes,
  });
}

test('what fits together has no fault', () => {
  expect(faults()).toEqual([]);
});

test('a change that is told again is no fault', () => {
  expect(faults({ changes: [...ofRollout, ...ofRollout, ...ofDevice, ofDevice[1] as ToldChange] })).toEqual([]);
});

const second = { shown: new Map([instruction(1), instruction(2)]), actions: [stored(), stored({ action: 2 })] };
const silent = { end: 'failed', endedBy: 'time-out', reason: 'timed-out' } as const;

test('a device that said nothing for too long may be given another instruction', () => {
  const actions = [stored(silent), stored({ action: 2 })];
  expect(faults({ ...second, actions, words: { 2: [succeeded] } })).toEqual([]);
});

test('a device that refuses to stop is shown what it has for as long as it likes', () => {
  const late = {
    shown: new Map([instruction(1, { lastAskedMs: inFlightMs * 3 })]),
    abortedMs: new Map([['r', 2_000]]),
  };
  const words = { 1: [{ word: 'refused-to-stop', told: 'taken' } as const, succeeded] };
  expect(faults({ ...late, actions: [stored({ cancelledMs: 2_100 })], words })).toEqual([]);
});

test.each<[string, Changes, RegExp]>([
  [
    'a rollout that is stuck',
    { rollouts: [{ rollout: 'r', state: 'running', version: 3 }] },
    /^r is running in the end/,
  ],
  ['an assignment that is open', { assignments: [assignment({ state: 'offered' })] }, /^d1 is offered in r in the end/],
  ["another device's action", { actions: [stored({ device: 'd2' })] }, /^d1 was shown action 1 with 2.0.0/],
  ['an action of other firmware', { actions: [stored({ version: '3.0.0' })] }, /^d1 was shown action 1 with 2.0.0/],
  ['an action that is not stored', { actions: [] }, /^d1 was shown action 1 with 2.0.0/],
  ['a second instruction', { ...second, words: { 2: [succeeded] } }, /^d1 was shown action 2 while 1 was open/],
  [
    'a wave that began later',
    { actions: [stored({ waveStartedMs: 2_001 })] },
    /^d1 was shown r before its wave 0 began/,
  ],
  [
    'a wave that never began',
    { actions: [stored({ waveStartedMs: null })] },
    /^d1 was shown r before its wave 0 began/,
  ],
  ['an offer after the abort', { abortedMs: new Map([['r', 1_400]]) }, /^d1 was offered r 100 ms after its abort/],
  [
    'a deployment that is shown for ever',
    {
      actions: [stored({ cancelledMs: 1_600 })],
      shown: new Map([instruction(1, { lastAskedMs: 1_601 + inFlightMs })]),
    },
    /^d1 was shown r 30 s after it was cancelled/,
  ],
  ['a success that is lost', { actions: [stored(silent)] }, /^d1 said succeeded of 1, which failed/],
  ['a success that nobody reported', { words: {} }, /^d1 did not say that 1 succeeded/],
  ['a count too many', { counts: new Map([[countKey('r', 0, 'succeeded'), 2]]) }, /^2 are counted of r 0 succeeded/],
  ['an event that is missing', { changes: [ofRollout[1] as ToldChange, ...ofDevice] }, /events of r go from 1 to 3/],
  ['a last event that is missing', { changes: [...ofRollout, ofDevice[0] as ToldChange] }, /r d1 end with 2, and 3/],
  [
    'an event that does not follow',
    { changes: [...ofRollout, ofDevice[0] as ToldChange, change('r d1', 3, 'planned', 'succeeded')] },
    /r d1 have 3 begin as planned where offered was the end/,
  ],
  ['an event of nothing', { changes: [...ofRollout, ...ofDevice, change('r d2', 2, 'planned', 'offered')] }, /nothing/],
])('%s is found', (_what, changes, fault) => {
  expect(faults(changes)).toContainEqual(expect.stringMatching(fault));
});
