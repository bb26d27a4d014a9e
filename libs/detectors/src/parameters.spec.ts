import { describe, expect, test } from '@jest/globals';
import { limitForecast } from './limit-forecast.js';
import { createModel, modelKinds } from './model-kinds.js';
import type { Parameter } from './parameters.js';
import { peerGroup } from './peer-group.js';

const context = { offsetMsAt: () => 0 };
/** What has to be given, as there is no sensible default. */
const needed: Record<string, object> = {
  'holt-winters': { intervalMs: 60_000, season: 24 },
  'limit-forecast': { limit: 80, horizonMs: 3_600_000, windowMs: 3_600_000 },
};
const kinds = [...modelKinds, limitForecast, peerGroup];
const faultsOf = (kind: (typeof kinds)[number], params: unknown) => {
  const creation = kind.create(params, context);
  return 'faults' in creation ? creation.faults : [];
};

describe.each(kinds.map((kind) => [kind.type, kind] as const))('parameters of %s', (type, kind) => {
  test('are right with what is needed and their defaults', () => {
    expect(faultsOf(kind, { ...needed[type] })).toEqual([]);
  });

  test.each(Object.entries<Parameter>(kind.parameters))(
    '%s: what is beyond its bounds is named by pointer',
    (name, parameter) => {
      const wrong: unknown[] =
        parameter.kind === 'choice'
          ? ['sideways', 1, null]
          : [
              parameter.from - 1 - Math.abs(parameter.from),
              parameter.to * 2 + 1,
              Number.NaN,
              '5',
              null,
              ...(parameter.whole ? [parameter.from + 0.5] : []),
            ];
      for (const value of wrong) {
        const found = faultsOf(kind, { ...needed[type], [name]: value });
        expect(found).toContainEqual({ pointer: `/${name}`, problem: expect.stringMatching(/^must be (a|one of) /) });
      }
    },
  );

  test('of another name are refused, and what is no object', () => {
    expect(faultsOf(kind, { ...needed[type], 'a/b~c': 1 })).toEqual([
      { pointer: '/a~1b~0c', problem: expect.stringMatching(/^is not known; there are /) },
    ]);
    expect(faultsOf(kind, [])).toEqual([{ pointer: '', problem: 'must be an object' }]);
    expect(faultsOf(kind, JSON.parse('{"__proto__":{"threshold":0}}'))[0]).toMatchObject({ pointer: '/__proto__' });
  });
});

describe('parameters that do not fit each other', () => {
  test.each([
    ['ewma-z', { span: 10, tauMs: 1000 }, '/tauMs'],
    ['ewma-z', { mean: 1 }, '/deviation'],
    ['cusum', { deviation: 1 }, '/mean'],
    ['robust-z', { window: 10, warmUp: 11 }, '/warmUp'],
    ['holt-winters', { ...needed['holt-winters'], violations: 10, window: 9 }, '/violations'],
  ])('%s %j', (type, params, pointer) => {
    expect(createModel({ type, params }, context)).toEqual({
      faults: [{ pointer: `/params${pointer}`, problem: expect.any(String) }],
    });
  });

  test('peer-group', () => {
    expect(faultsOf(peerGroup, { capacity: 4, minPeers: 5 })).toMatchObject([{ pointer: '/minPeers' }]);
  });
});

test('every fault is listed at once, what is missing among them', () => {
  const creation = createModel({ type: 'holt-winters', params: { season: 1.5, alpha: 2, speed: 3 } }, context);
  expect(creation).toMatchObject({
    faults: [
      { pointer: '/params/speed' },
      { pointer: '/params/intervalMs', problem: 'is needed: a whole number from 1 to 315576000000 (ms)' },
      { pointer: '/params/season', problem: 'must be a whole number from 2 to 10080 (steps)' },
      { pointer: '/params/alpha', problem: 'must be a number from 0 to 1 (share)' },
    ],
  });
});

test('a model that is none is named with those that are', () => {
  const problem = expect.stringContaining('ewma-z, robust-z');
  expect(createModel({ type: 'magic' }, context)).toEqual({ faults: [{ pointer: '/type', problem }] });
});
