import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PrefixTracker } from './prefix-tracker.js';

test('the position is always one past the longest run of finished records, whatever the order of finishing', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.bigInt({ min: 1n, max: 500n }), { maxLength: 30 }).chain((nexts) => {
        const sorted = [...nexts].sort((a, b) => Number(a - b));
        const indexes = sorted.map((_, index) => index);
        return fc.tuple(fc.constant(sorted), fc.shuffledSubarray(indexes));
      }),
      ([nexts, finishing]) => {
        const tracker = new PrefixTracker(nexts, 0n);
        const done = new Set<number>();
        for (const index of finishing) {
          const before = tracker.position;
          const moved = tracker.finish(index);
          done.add(index);
          let run = 0;
          while (done.has(run)) run += 1;
          expect(tracker.position).toBe(run === 0 ? 0n : nexts[run - 1]);
          expect(moved).toBe(tracker.position > before);
        }
        expect(tracker.complete).toBe(done.size === nexts.length);
      },
    ),
  );
});
