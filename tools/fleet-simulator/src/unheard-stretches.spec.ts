import { describe, expect, test } from '@jest/globals';
import { UnheardStretches } from './unheard-stretches.js';

describe('when a device was unheard', () => {
  test('is from one of its acknowledgements to the next while others had theirs', () => {
    const unheard = new UnheardStretches();
    for (let second = 0; second <= 30; second += 1) {
      unheard.acknowledged('steady', second * 1_000);
      if (second === 5 || second === 25) unheard.acknowledged('stopped', second * 1_000);
    }
    expect(unheard.of('stopped')).toEqual([
      { fromMs: 5_000, toMs: 25_000, countedMs: 20_000, outages: 0 },
      { fromMs: 25_000, toMs: Infinity, countedMs: 5_000, outages: 0 },
    ]);
    expect(unheard.of('steady')).toEqual([]);
  });

  test('does not count time in which nobody was heard', () => {
    const unheard = new UnheardStretches();
    for (const atMs of [0, 2_000, 4_000, 6_000, 126_000, 127_000]) {
      unheard.acknowledged('steady', atMs);
      if (atMs === 0 || atMs === 127_000) unheard.acknowledged('late', atMs);
    }
    expect(unheard.of('late')).toEqual([{ fromMs: 0, toMs: 127_000, countedMs: 7_000, outages: 1 }]);
  });

  test('counts a stretch that goes on', () => {
    const unheard = new UnheardStretches();
    unheard.acknowledged('gone', 0);
    for (let second = 0; second <= 10; second += 1) unheard.acknowledged('steady', second * 1_000);
    expect(unheard.of('gone')).toEqual([{ fromMs: 0, toMs: Infinity, countedMs: 10_000, outages: 0 }]);
    expect(unheard.of('never there')).toEqual([]);
  });
});
