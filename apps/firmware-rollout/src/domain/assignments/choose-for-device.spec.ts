import { expect, test } from '@jest/globals';
import { chooseForDevice } from './choose-for-device.js';

const candidate = (rollout: string, weight: number, createdAtMs: number) => ({ rollout, weight, createdAtMs });

test('the heaviest rollout is next, then the oldest, in whichever order they are asked for', () => {
  const all = [candidate('b', 500, 1), candidate('d', 900, 9), candidate('c', 900, 5), candidate('e', 900, 5)];
  for (const shown of [all, all.toReversed()]) expect(chooseForDevice(shown)?.rollout).toBe('c');
});

test('without candidates there is none', () => {
  expect(chooseForDevice([])).toBeUndefined();
});
