import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Gate } from './gate.js';

interface Work {
  readonly alone: boolean;
  /** How many turns of the event loop it takes. */
  readonly turns: number;
  readonly fails: boolean;
}

const work: fc.Arbitrary<Work> = fc.record({
  alone: fc.boolean(),
  turns: fc.nat(3),
  fails: fc.boolean(),
});

describe('a gate', () => {
  test('lets everything through once, and who closed it alone, also when work fails', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(work, { minLength: 1, maxLength: 12, size: 'max' }), async (works) => {
        const gate = new Gate();
        const within = new Set<Work>();
        let done = 0;
        const run = async (one: Work): Promise<void> => {
          expect([...within].some(({ alone }) => alone || one.alone)).toBe(false);
          within.add(one);
          for (let turn = 0; turn < one.turns; turn += 1) await new Promise(setImmediate);
          within.delete(one);
          done += 1;
          if (one.fails) throw new RangeError('as it was told');
        };
        const outcomes = await Promise.allSettled(
          works.map((one) => (one.alone ? gate.closeFor(() => run(one)) : gate.pass(() => run(one)))),
        );
        expect(done).toBe(works.length);
        expect(outcomes.map(({ status }) => status === 'rejected')).toEqual(works.map(({ fails }) => fails));
        for (const outcome of outcomes)
          if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(RangeError);
      }),
      { numRuns: 300 },
    );
  });
});
