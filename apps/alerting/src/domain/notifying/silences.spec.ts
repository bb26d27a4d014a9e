import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { matchesAll } from './label-matchers.js';
import { matcher } from './policy-fixture.js';
import { type Silence, Silences, costOf, expire, readSilence, silenceFromStore, stateOf } from './silences.js';

const at = (hour: number): number => Date.UTC(2026, 10, 26, hour);
const body = {
  matchers: [matcher('site=north')],
  startsAt: '2026-11-26T08:00:00Z',
  endsAt: '2026-11-26T10:00:00Z',
  comment: 'works',
};

function read(value: object, id = '1', nowMs = at(7)): Silence {
  const silence = readSilence(value, id, 'alice', nowMs);
  if (!silence.ok) throw new Error(JSON.stringify(silence.problems));
  return silence.value;
}

describe('a silence', () => {
  test('is pending, active from its start, expired from its end', () => {
    const silence = read(body);
    expect([7, 8, 9, 10].map((hour) => stateOf(silence, at(hour)))).toEqual(['pending', 'active', 'active', 'expired']);
  });

  test('that is expired early ends now, and one that has not begun never begins', () => {
    const silence = read(body);
    expect(expire(silence, at(9))).toMatchObject({ startsAtMs: at(8), endsAtMs: at(9) });
    expect(stateOf(expire(silence, at(7)), at(9))).toBe('expired');
    expect(expire(silence, at(11))).toBe(silence);
  });

  test.each<[object, string, string]>([
    [{ endsAt: undefined }, '/endsAt', 'is required'],
    [{ endsAt: '2026-11-26T06:00:00Z' }, '/endsAt', 'must be in the future, after startsAt'],
    [{ endsAt: '2026-11-26T08:00:00Z' }, '/endsAt', 'must be in the future, after startsAt'],
    [{ endsAt: '2028-01-01T00:00:00Z' }, '/endsAt', 'is more than 366 days after startsAt'],
    [{ startsAt: 'tomorrow' }, '/startsAt', 'must be an instant as 2026-11-26T08:00:00Z'],
    [{ startsAt: '2026-13-01T00:00:00Z' }, '/startsAt', 'must be an instant as 2026-11-26T08:00:00Z'],
    [{ endsAt: '2027-02-30T00:00:00Z' }, '/endsAt', 'must be an instant as 2026-11-26T08:00:00Z'],
    [{ comment: '' }, '/comment', 'must be a text of 1 to 1000 characters'],
    [{ matchers: [] }, '/matchers', 'must have one that an empty label does not match'],
    [
      { matchers: [matcher('site=~.*'), matcher('a!=b')] },
      '/matchers',
      'must have one that an empty label does not match',
    ],
  ])('with %j is refused', (change, pointer, problem) => {
    const silence = readSilence({ ...body, ...change }, '1', 'alice', at(7));
    expect(silence).toEqual({ ok: false, problems: [{ pointer, problem }] });
  });
});

test('the index finds exactly the silences whose matchers all match', () => {
  const value = fc.constantFrom('', 'x', 'y');
  const matchers = fc.array(
    fc.record({ name: fc.constantFrom('a', 'b'), operator: fc.constantFrom('=', '!=', '=~'), value }),
    { maxLength: 3 },
  );
  const narrow = { name: 'a', operator: '=', value: 'x' };
  fc.assert(
    fc.property(fc.array(matchers, { maxLength: 8 }), fc.record({ a: value, b: value }), (definitions, labels) => {
      const silences = definitions.map((each, index) => read({ ...body, matchers: [...each, narrow] }, `${index}`));
      const index = new Silences(silences);
      const expected = silences.filter((each) => matchesAll(each.matchers, labels)).map(({ id }) => id);
      expect(index.muting(labels, at(9))).toEqual(expected);
      expect(index.muting(labels, at(10))).toEqual([]);
      for (const { id } of silences) index.remove(id);
      expect([index.size, index.muting(labels, at(9))]).toEqual([0, []]);
    }),
  );
});

describe('a silence that was stored', () => {
  const { matchers, ...rest } = read({ ...body, matchers: [matcher('site=~n.*'), matcher('a=b')] });
  const written = matchers.map(({ name, operator, value }) => ({ name, operator, value }));

  test('mutes as before', () => {
    const silence = silenceFromStore({ ...rest, matchers: written });
    expect(silence).toMatchObject(rest);
    const index = new Silences([read({ ...body, matchers: [matcher('gone=x')] }, 'gone')]);
    index.replaceAll([silence!]);
    expect(
      [{ site: 'north', a: 'b' }, { site: 'south', a: 'b' }, { gone: 'x' }].map((each) => index.muting(each, at(9))),
    ).toEqual([['1'], [], []]);
    expect(costOf(silence!)).toBe(costOf({ matchers }));
    expect(costOf(silence!)).toBeGreaterThan(0);
  });

  test('with matchers that cannot be read is none', () => {
    expect(silenceFromStore({ ...rest, matchers: [{ name: 'a', operator: '=~', value: '(' }] })).toBeUndefined();
  });
});
