import { expect, test } from '@jest/globals';
import { standingOf } from './rollout-standing.js';

const progress = [
  { state: 'done', counts: [{ state: 'succeeded', devices: 9 }] },
  {
    state: 'running',
    counts: [
      { state: 'succeeded', devices: 20 },
      { state: 'failed', reason: 'reported', devices: 2 },
      { state: 'failed', reason: 'timed-out', devices: 1 },
      { state: 'cancelled', reason: 'device', devices: 1 },
      { state: 'cancelled', reason: 'abort', devices: 5 },
      { state: 'downloading', devices: 4 },
    ],
  },
  { state: 'pending', counts: [{ state: 'planned', devices: 117 }] },
];

test('the standing of a rollout is its wave, and the devices of all waves that were updated or failed', () => {
  const expected = { state: 'running', wave: 2, waves: 3, updated: 29, failed: 4 };
  expect(standingOf({ state: 'running', progress })).toEqual(expected);
  expect(standingOf({ state: 'draft', progress: [] })).toMatchObject({ state: 'running', wave: 0, waves: 0 });
});

test.each([
  ['waiting-for-approval', 'running'],
  ['aborting', 'running'],
  ['paused', 'paused'],
  ['aborted', 'aborted'],
  ['succeeded', 'succeeded'],
])('a rollout that is %s is shown as %s', (state, shown) => {
  expect(standingOf({ state, progress }).state).toBe(shown);
});
