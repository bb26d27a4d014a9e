import { describe, expect, test } from '@jest/globals';
import { aPolicy, aWebhook, matcher } from './policy-fixture.js';
import { readPolicy } from './read-policy.js';

const receivers = [aWebhook('pager'), { name: 'mail', kind: 'email', to: ['duty@example.com'] }];
const withRoute = (route: object, rest: object = {}): unknown => ({
  route: { receiver: 'pager', ...route },
  receivers,
  ...rest,
});
const withReceiver = (receiver: unknown): unknown => ({
  route: { receiver: 'pager' },
  receivers: [...receivers, receiver],
});

describe('a policy', () => {
  test('hands down what a route does not say itself, but neither its times nor whether it continues', () => {
    const timeIntervals = [{ name: 'night', intervals: [{}] }];
    const { route } = aPolicy(
      {
        ...{ groupBy: ['site'], groupWaitMs: 1_000 },
        routes: [
          {
            matchers: [matcher('a=1')],
            continue: true,
            muteTimeIntervals: ['night'],
            groupIntervalMs: 7_000,
            routes: [{ groupBy: ['...'] }],
          },
        ],
      },
      { timeIntervals },
    );
    const [child] = route.routes;
    expect(child).toMatchObject({ key: '{}/{a="1"}', receiver: 'pager', groupBy: ['site'], groupWaitMs: 1_000 });
    expect(child?.routes[0]).toMatchObject({
      ...{ key: '{}/{a="1"}/{}', groupBy: 'all', groupWaitMs: 1_000, groupIntervalMs: 7_000 },
      ...{ repeatIntervalMs: 14_400_000, continue: false, muteTimeIntervals: [] },
    });
  });
});

describe('what is wrong with a policy is named precisely', () => {
  const twice = { name: 'a b', intervals: [{}] };
  test.each<[unknown, string, string]>([
    [undefined, '', 'must be an object'],
    [[], '', 'must be an object'],
    [{ receivers }, '/route', 'is required'],
    [{ route: {}, receivers }, '/route/receiver', 'is required'],
    [withRoute({ receiver: 'nobody' }), '/route/receiver', 'is none of the receivers'],
    [withRoute({ matchers: [] }), '/route/matchers', 'may not stand at the root: it takes what no other does'],
    [
      withRoute({ muteTimeIntervals: [] }),
      '/route/muteTimeIntervals',
      'may not stand at the root: it takes what no other does',
    ],
    [
      withRoute({ groupWait: '30s' }),
      '/route/groupWait',
      'is not known; known are receiver, groupBy, groupWaitMs, groupIntervalMs, repeatIntervalMs, matchers, continue, muteTimeIntervals, activeTimeIntervals, routes',
    ],
    [withRoute({ groupIntervalMs: 0 }), '/route/groupIntervalMs', 'must be a whole number from 1000 to 86400000'],
    [withRoute({ groupWaitMs: 1.5 }), '/route/groupWaitMs', 'must be a whole number from 0 to 3600000'],
    [withRoute({ groupBy: ['site', '...'] }), '/route/groupBy', 'may have nothing beside ...'],
    [withRoute({ groupBy: ['site', 'site'] }), '/route/groupBy/1', 'stands there twice'],
    [withRoute({ groupBy: ['a b'] }), '/route/groupBy/0', 'is not the name of a label'],
    [withRoute({ routes: [{}, { continue: 'yes' }] }), '/route/routes/1/continue', 'must be true or false'],
    [
      withRoute({ routes: [{ activeTimeIntervals: ['never'] }] }),
      '/route/routes/0/activeTimeIntervals/0',
      'is none of the timeIntervals',
    ],
    [
      withRoute({ routes: [{ matchers: [{ name: 'a', operator: '=~', value: '(' }] }] }),
      '/route/routes/0/matchers/0/value',
      'is no expression of RE2: missing closing ): `(`',
    ],
    [withRoute({}, { timeIntervals: [twice, twice] }), '/timeIntervals/1/name', 'stands there twice'],
    [
      withRoute({}, { inhibitRules: [{ sourceMatchers: [], targetMatchers: [matcher('a=1')] }] }),
      '/inhibitRules/0/sourceMatchers',
      'must have a matcher',
    ],
    [withReceiver(aWebhook('pager')), '/receivers/2/name', 'stands there twice'],
    [withReceiver({ kind: 'sms', name: 'x' }), '/receivers/2/kind', 'must be one of webhook, email, alertmanager'],
    [withReceiver(null), '/receivers/2', 'must be an object'],
    [
      withReceiver(aWebhook('x', { url: 'ftp://example.com' })),
      '/receivers/2/url',
      'must begin with https:// or http://',
    ],
    [withReceiver(aWebhook('x', { url: 'https://u:p@example.com' })), '/receivers/2/url', 'must not carry credentials'],
    [withReceiver(aWebhook('x', { url: '/hook' })), '/receivers/2/url', 'is not an absolute URL'],
    [
      withReceiver(aWebhook('x', { signingKeyRef: 'a b' })),
      '/receivers/2/signingKeyRef',
      'may have letters, digits and _ . - only',
    ],
    [withReceiver({ kind: 'email', name: 'x' }), '/receivers/2/to', 'is required'],
    [
      withReceiver({ kind: 'email', name: 'x', to: ['a@b.c\r\nbcc: d@e.f'] }),
      '/receivers/2/to/0',
      'is not an e-mail address',
    ],
    [withReceiver({ kind: 'email', name: 'x', to: ['a@b.c,d@e.f'] }), '/receivers/2/to/0', 'is not an e-mail address'],
  ])('%j', (policy, pointer, problem) => {
    const read = readPolicy(policy);
    expect(read.ok ? [] : read.problems).toContainEqual({ pointer, problem });
  });

  test('all of it at once', () => {
    const read = readPolicy(withRoute({ groupBy: ['a b'], routes: [{ receiver: 'x' }, { groupWaitMs: -1 }] }));
    expect(read.ok ? [] : read.problems.map(({ pointer }) => pointer)).toEqual([
      ...['/route/groupBy/0', '/route/routes/0/receiver', '/route/routes/1/groupWaitMs'],
    ]);
  });
});

describe('a policy is bounded', () => {
  const nested = (depth: number): object => (depth === 0 ? {} : { routes: [nested(depth - 1)] });
  test('in depth', () => {
    expect(readPolicy(withRoute(nested(7))).ok).toBe(true);
    const read = readPolicy(withRoute(nested(8)));
    expect(read.ok ? [] : read.problems).toEqual([
      { pointer: `/route${'/routes/0'.repeat(7)}/routes`, problem: 'would be more than 8 levels deep' },
    ]);
  });

  test('in routes', () => {
    const many = (count: number): object[] => Array.from({ length: count }, () => ({}));
    expect(readPolicy(withRoute({ routes: many(500) })).ok).toBe(true);
    const read = readPolicy(withRoute({ routes: [{ routes: many(300) }, { routes: many(300) }] }));
    expect(read.ok ? [] : read.problems[0]?.problem).toBe('is more than the 500 routes that a policy may have');
  });

  test('in what its expressions cost together', () => {
    const routes = Array.from({ length: 20 }, () => ({
      matchers: [{ name: 'a', operator: '=~', value: 'b'.repeat(250) }],
    }));
    const read = readPolicy(withRoute({ routes }));
    expect(read.ok ? [] : read.problems).toEqual([
      { pointer: '', problem: 'has expressions that together would take too long' },
    ]);
  });

  test('in what is compiled of expressions that are refused', () => {
    const routes = Array.from({ length: 40 }, () => ({ matchers: [{ name: 'a', operator: '=~', value: 'x{1000}' }] }));
    const read = readPolicy(withRoute({ routes }));
    const repeating = [0, 1, 2, 3, 4].map((index) => ({
      ...{ pointer: `/route/routes/${index}/matchers/0/value`, problem: 'is an expression that repeats too much' },
    }));
    expect(read.ok ? [] : read.problems).toEqual([
      ...repeating,
      { pointer: '', problem: 'has expressions that together would take too long' },
    ]);
  });
});
