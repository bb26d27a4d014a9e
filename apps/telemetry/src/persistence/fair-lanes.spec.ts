import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { FairLanes, type LaneLimits } from './fair-lanes.js';

const limits: LaneLimits = { lanes: 3, lanesPerKey: 2, waitingPerKey: 4, patienceMs: 1_000 };

/** Works that end when they are told to, and the keys of those that began, in order. */
function works(lanes: FairLanes) {
  const begun: string[] = [];
  const underWay: { readonly key: string; readonly end: () => void }[] = [];
  const start = (key: string): Promise<void> =>
    lanes.run(key, () => {
      begun.push(key);
      return new Promise((end) => underWay.push({ key, end }));
    });
  const endOne = async (which = 0): Promise<void> => {
    underWay.splice(which, 1)[0]?.end();
    // The lane changes hands within a few turns of the microtask queue.
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  return { begun, underWay, start, endOne };
}

describe('lanes', () => {
  test('one key never has all of them, however many works it brings', async () => {
    const { begun, start, endOne } = works(new FairLanes(limits));
    const greedy = ['a', 'a', 'a', 'a', 'a'].map((key) => start(key));
    const other = start('b');
    expect(begun).toEqual(['a', 'a', 'b']);
    for (let count = 0; count < 6; count++) await endOne();
    await Promise.all([...greedy, other]);
    expect(begun).toEqual(['a', 'a', 'b', 'a', 'a', 'a']);
  });

  test('go by turns between keys, and in order within a key', async () => {
    const { begun, start, endOne } = works(new FairLanes({ ...limits, lanes: 1, lanesPerKey: 1 }));
    const all = ['a', 'a', 'a', 'a', 'b', 'c', 'b'].map((key) => start(key));
    for (let count = 0; count < all.length; count++) await endOne();
    await Promise.all(all);
    expect(begun).toEqual(['a', 'a', 'b', 'c', 'a', 'b', 'a']);
  });

  test('a work that fails gives its lane back', async () => {
    const lanes = new FairLanes({ ...limits, lanes: 1, lanesPerKey: 1 });
    await expect(lanes.run('a', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await lanes.run('a', () => Promise.resolve('next'))).toBe('next');
  });

  test('a key may have so many works waiting and is refused the next one; others are not', async () => {
    const { start, endOne, underWay } = works(new FairLanes(limits));
    const all = Array.from({ length: 6 }, () => start('a'));
    await expect(start('a')).rejects.toMatchObject({ code: 'telemetry.too-many-queries', retryable: true });
    const other = start('b');
    while (underWay.length > 0) await endOne();
    await Promise.all([...all, other]);
  });

  test('in any order of beginning and ending no bound is broken, and no lane is left free that somebody may have', async () => {
    const steps = fc.array(fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.nat({ max: 2 })), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const { begun, underWay, start, endOne } = works(new FairLanes({ ...limits, waitingPerKey: 100 }));
        const wanted: string[] = [];
        const all: Promise<void>[] = [];
        const check = (): void => {
          const taken = (key: string) => underWay.filter((one) => one.key === key).length;
          const waiting = (key: string) =>
            wanted.filter((one) => one === key).length - begun.filter((one) => one === key).length;
          expect(underWay.length).toBeLessThanOrEqual(3);
          for (const key of ['a', 'b', 'c']) {
            expect(taken(key)).toBeLessThanOrEqual(2);
            if (waiting(key) > 0) expect(underWay.length === 3 || taken(key) === 2).toBe(true);
          }
        };
        for (const step of history) {
          if (typeof step === 'number') await endOne(Math.min(step, Math.max(0, underWay.length - 1)));
          else {
            wanted.push(step);
            all.push(start(step));
          }
          check();
        }
        while (underWay.length > 0) await endOne();
        await Promise.all(all);
        expect(begun).toHaveLength(wanted.length);
      }),
    );
  });
});

describe('patience', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test('ends with who is to blame: the key itself, or all together; its place is given up', async () => {
    const { begun, start, endOne } = works(new FairLanes(limits));
    const running = ['a', 'a', 'b'].map((key) => start(key));
    const own = expect(start('a')).rejects.toMatchObject({ code: 'telemetry.too-many-queries', retryable: true });
    const others = expect(start('c')).rejects.toMatchObject({ code: 'telemetry.connections-busy', retryable: true });
    jest.advanceTimersByTime(limits.patienceMs);
    await Promise.all([own, others]);
    for (let count = 0; count < 3; count++) await endOne();
    await Promise.all(running);
    expect(begun).toEqual(['a', 'a', 'b']);
  });
});
