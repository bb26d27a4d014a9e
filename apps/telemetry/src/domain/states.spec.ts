import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type StateChange, type StateRun, type StateValue, stateRuns, stateTotals } from './states.js';

async function* each<Item>(items: Iterable<Item>): AsyncGenerator<Item> {
  yield* items;
}
async function collected(runs: AsyncIterable<StateRun>): Promise<StateRun[]> {
  const all: StateRun[] = [];
  for await (const run of runs) all.push(run);
  return all;
}

const range = { fromMs: 20, toMs: 60 };
const value = fc.constantFrom<StateValue>('a', 'b', 1, 0, true, false, '1');
const measured = fc
  .uniqueArray(fc.record({ tsMs: fc.integer({ min: 20, max: 59 }), value }), { selector: ({ tsMs }) => tsMs })
  .map((changes) => changes.sort((left, right) => left.tsMs - right.tsMs));

/** The state at one instant: the last value at or before it. */
function stateAt(carried: StateValue | undefined, changes: readonly StateChange[], ms: number): StateValue | undefined {
  return changes.findLast(({ tsMs }) => tsMs <= ms)?.value ?? carried;
}

describe('runs of equal value', () => {
  test('hold at every instant of the range the last value at or before it, without gap, and two neighbours differ', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.option(value, { nil: undefined }),
        measured,
        fc.integer({ min: 0, max: 90 }),
        async (carried, changes, nowMs) => {
          const runs = await collected(stateRuns(carried, each(changes), range, nowMs));
          const endMs = runs.at(-1)?.endMs ?? 0;
          for (let ms = range.fromMs; ms < endMs; ms++) {
            const [run, ...others] = runs.filter((one) => one.startMs <= ms && ms < one.endMs);
            expect([run?.value, others]).toEqual([stateAt(carried, changes, ms), []]);
          }
          for (const [index, run] of runs.slice(1).entries()) {
            expect(run.value).not.toBe(runs[index]?.value);
            expect(run.startMs).toBe(runs[index]?.endMs);
          }
          expect(runs.map(({ open }) => open)).toEqual(runs.map((_, index) => index === runs.length - 1));
          const last = runs.at(-1);
          if (last !== undefined) expect(endMs).toBe(Math.max(last.startMs, Math.min(range.toMs, nowMs)));
        },
      ),
    );
  });

  test('a state that held before the range is carried in unless another begins with it', async () => {
    const carriedIn = { value: 'a', startMs: 20, carriedIn: true };
    const changes = [{ tsMs: 30, value: 'b' }];
    expect(await collected(stateRuns('a', each(changes), range, 100))).toEqual([
      { ...carriedIn, endMs: 30, open: false },
      { value: 'b', startMs: 30, endMs: 60, carriedIn: false, open: true },
    ]);
    const atOnce = await collected(stateRuns('a', each([{ tsMs: 20, value: 'b' }]), range, 100));
    expect(atOnce).toEqual([{ value: 'b', startMs: 20, endMs: 60, carriedIn: false, open: true }]);
    const repeated = await collected(stateRuns('a', each([{ tsMs: 20, value: 'a' }]), range, 100));
    expect(repeated).toEqual([{ ...carriedIn, endMs: 60, open: true }]);
  });
});

describe('totals', () => {
  test('sum to the time from the first known state on; only what began within the range was entered', async () => {
    const changes = [
      { tsMs: 30, value: 'b' },
      { tsMs: 35, value: 'a' },
      { tsMs: 40, value: 'b' },
    ];
    expect(await stateTotals(stateRuns('a', each(changes), range, 100), 2)).toEqual({
      totals: [
        { value: 'b', durationMs: 25, entered: 2 },
        { value: 'a', durationMs: 15, entered: 1 },
      ],
      firstMs: 20,
    });
  });

  test('of too many states there are none', async () => {
    const changes = [1, 2, 3].map((state) => ({ tsMs: 20 + state, value: state }));
    expect(await stateTotals(stateRuns(undefined, each(changes), range, 100), 2)).toBeUndefined();
  });
});
