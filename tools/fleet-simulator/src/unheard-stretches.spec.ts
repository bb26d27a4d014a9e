import { describe, expect, test } from '@jest/globals';
import { UnheardStretches } from './unheard-stretches.js';

describe('how long a device was unheard', () => {
  test('is the longest time between two of its acknowledgements while others had theirs', () => {
    const unheard = new UnheardStretches();
    for (let second = 0; second <= 30; second += 1) {
      unheard.acknowledged('steady', second * 1_000);
      if (second === 5 || second === 25) unheard.acknowledged('stopped', second * 1_000);
    }
    expect(unheard.longestMs('stopped')).toBe(20_000);
    expect(unheard.longestMs('steady')).toBe(1_000);
  });

  test('does not count time in which nobody was heard', () => {
    const unheard = new UnheardStretches();
    for (const atMs of [0, 1_000, 2_000, 122_000, 123_000]) {
      unheard.acknowledged('steady', atMs);
      if (atMs === 2_000 || atMs === 123_000) unheard.acknowledged('late', atMs);
    }
    expect(unheard.longestMs('late')).toBe(1_000);
  });

  test('counts a stretch that goes on', () => {
    const unheard = new UnheardStretches();
    unheard.acknowledged('gone', 0);
    for (let second = 0; second <= 10; second += 1) unheard.acknowledged('steady', second * 1_000);
    expect(unheard.longestMs('gone')).toBe(10_000);
    expect(unheard.longestMs('never there')).toBe(0);
  });
});
