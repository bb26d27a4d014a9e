import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, jest, test } from '@jest/globals';
import { GroupCommit, type GroupLimits } from './group-commit.js';

/** Commits that end when the test says so. */
function held(
  limits: Partial<GroupLimits> = {},
  fails: (group: readonly string[]) => Error | undefined = () => undefined,
) {
  const groups: string[][] = [];
  const ends: (() => void)[] = [];
  const commit = async (items: readonly string[]): Promise<void> => {
    groups.push([...items]);
    await new Promise<void>((resolve) => ends.push(resolve));
    const error = fails(items);
    if (error !== undefined) throw error;
  };
  const all = { lanes: 1, maxSize: 10, maxIntervalMs: 0, ...limits };
  return {
    groups,
    ends,
    commits: new GroupCommit<string>(commit, (error) => (error as Error).message === 'away', all),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function endAll({ ends }: { readonly ends: (() => void)[] }): Promise<void> {
  for (let end = ends.shift(); end !== undefined; end = ends.shift()) {
    end();
    await turn();
  }
}

describe('commits in groups', () => {
  test('a group is committed where its first item came from, whatever made it begin', async () => {
    const places = new AsyncLocalStorage<string>();
    const seen: string[] = [];
    const commit = async (items: readonly string[]): Promise<void> => {
      seen.push(`${items.join()} in ${places.getStore()}`);
      await turn();
    };
    const commits = new GroupCommit<string>(commit, () => true, { lanes: 1, maxSize: 10, maxIntervalMs: 0 });
    await Promise.all(['a', 'b', 'c'].map((item) => places.run(`place ${item}`, () => commits.add(item, 5))));
    expect(seen).toEqual(['a in place a', 'b,c in place b']);
  });

  test('what comes while a group is under way is the next group, in its order and up to its size', async () => {
    const rig = held();
    const outcomes = ['a', 'b', 'c', 'd'].map((item) => rig.commits.add(item, 5));
    expect(rig.groups).toEqual([['a']]);
    await endAll(rig);
    await Promise.all(outcomes);
    expect(rig.groups).toEqual([['a'], ['b', 'c'], ['d']]);
  });

  test('an item that is larger than a group goes alone', async () => {
    const rig = held();
    const outcomes = [rig.commits.add('a', 1), rig.commits.add('b', 11), rig.commits.add('c', 1)];
    await endAll(rig);
    await Promise.all(outcomes);
    expect(rig.groups).toEqual([['a'], ['b'], ['c']]);
  });

  test('as many groups are under way as there are lanes', async () => {
    const rig = held({ lanes: 2 });
    const outcomes = ['a', 'b', 'c'].map((item) => rig.commits.add(item, 1));
    expect(rig.groups).toEqual([['a'], ['b']]);
    await endAll(rig);
    await Promise.all(outcomes);
    expect(rig.groups).toEqual([['a'], ['b'], ['c']]);
  });

  test('what fails together is tried alone: only what fails alone has failed', async () => {
    const rig = held({}, (group) => (group.includes('bad') ? new Error('refused') : undefined));
    const first = rig.commits.add('first', 1);
    const outcomes = ['good', 'bad', 'fine'].map((item) => rig.commits.add(item, 1));
    const settled = Promise.allSettled(outcomes);
    await endAll(rig);
    await first;
    expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(rig.groups).toEqual([['first'], ['good', 'bad', 'fine'], ['good'], ['bad'], ['fine']]);
  });

  test('what would fail each of them fails all of them at once', async () => {
    const rig = held({}, (group) => (group.length > 1 ? new Error('away') : undefined));
    const first = rig.commits.add('first', 1);
    const settled = Promise.allSettled(['a', 'b'].map((item) => rig.commits.add(item, 1)));
    await endAll(rig);
    await first;
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(rig.groups).toEqual([['first'], ['a', 'b']]);
  });

  test.each([
    { took: 4, interval: 12 },
    { took: 100, interval: 50 },
  ])(
    'after a group that took $took ms the next ones begin $interval ms after each other, or as soon as one would be full',
    async ({ took, interval }) => {
      jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] });
      try {
        const rig = held({ maxIntervalMs: 50, lanes: 3 });
        const outcomes = [rig.commits.add('a', 1)];
        jest.advanceTimersByTime(took);
        await endAll(rig);
        jest.advanceTimersByTime(interval);
        outcomes.push(rig.commits.add('b', 1), rig.commits.add('c', 1));
        expect(rig.groups).toEqual([['a'], ['b']]);
        jest.advanceTimersByTime(interval - 1);
        expect(rig.groups).toEqual([['a'], ['b']]);
        jest.advanceTimersByTime(1);
        expect(rig.groups).toEqual([['a'], ['b'], ['c']]);
        outcomes.push(rig.commits.add('d', 4), rig.commits.add('e', 6));
        expect(rig.groups).toEqual([['a'], ['b'], ['c'], ['d', 'e']]);
        await endAll(rig);
        await Promise.all(outcomes);
      } finally {
        jest.useRealTimers();
      }
    },
  );
});
