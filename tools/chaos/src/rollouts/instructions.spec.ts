import { expect, test } from '@jest/globals';
import { Instructions } from './instructions.js';

test('the same instruction again is no contradiction, however often', () => {
  const instructions = new Instructions();
  instructions.shows('d1', 1, '2.0.0', 10);
  instructions.shows('d1', 1, '2.0.0', 20);
  instructions.says(1, { word: 'failed', told: 'lost' });
  instructions.shows('d1', 1, '2.0.0', 30);
  instructions.shows('d1', 2, '3.0.0', 40);
  expect(instructions.contradictions).toEqual([]);
  expect(instructions.shown.get(1)).toMatchObject({ device: 'd1', version: '2.0.0', lastAskedMs: 30 });
});

test.each<[string, RegExp, (instructions: Instructions) => void]>([
  ['an older action after a newer one', /was shown action 1 after 2/, (all) => all.shows('d1', 1, '2.0.0', 30)],
  ['an action with other firmware', /action 2 means d1 3.0.0 and d1 4.0.0/, (all) => all.shows('d1', 2, '4.0.0', 30)],
  ['an action of another device', /action 2 means d1 3.0.0 and d2 3.0.0/, (all) => all.shows('d2', 2, '3.0.0', 30)],
  ['to update and to stop at once', /d1 was told to update and to stop at once/, (all) => all.showsBoth('d1')],
  [
    'an action that the device was through with',
    /d1 was shown action 2 when its word was taken \(stopped\)/,
    (all) => {
      all.says(2, { word: 'stopped', told: 'taken' });
      all.shows('d1', 2, '3.0.0', 30);
    },
  ],
])('%s is a contradiction', (_what, contradiction, happens) => {
  const instructions = new Instructions();
  instructions.shows('d1', 1, '2.0.0', 10);
  instructions.shows('d1', 2, '3.0.0', 20);
  happens(instructions);
  expect(instructions.contradictions).toEqual([expect.stringMatching(contradiction)]);
});
