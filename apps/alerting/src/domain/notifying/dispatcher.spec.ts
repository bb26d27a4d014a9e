import { describe, expect, test } from '@jest/globals';
import type { Alert } from './alert.js';
import { Dispatcher, defaultLimits } from './dispatcher.js';
import type { Labels } from './labels.js';
import type { Notification } from './notification.js';
import type { Policy } from './policy.js';
import { aPolicy, aWebhook, anAlert, matcher } from './policy-fixture.js';
import { readSilence } from './silences.js';

const timers = { groupWaitMs: 30_000, groupIntervalMs: 300_000, repeatIntervalMs: 3_600_000 };

/** Calls `tick` whenever something is due until `untilMs`. */
function run(dispatcher: Dispatcher, untilMs: number): Notification[] {
  const sent: Notification[] = [];
  for (let due = dispatcher.nextDueMs(); due !== undefined && due <= untilMs; due = dispatcher.nextDueMs())
    sent.push(...dispatcher.tick(due));
  return sent;
}
function start(policy: Policy, limits = defaultLimits): Dispatcher {
  return Dispatcher.restore(policy, [], { alerts: [], groups: [] }, 0, limits);
}
const shown = ({ atMs, receiver, reason, alerts }: Notification): unknown[] => [
  atMs / 1000,
  receiver,
  reason,
  alerts.map(({ labels, status }) => `${labels.device} ${status}`).join(', '),
];
function over(alert: Alert, atMs: number): Alert {
  return anAlert(alert.labels, { endsAtMs: atMs, startsAtMs: alert.startsAtMs });
}
const hot = (device: string, more: Labels = {}): Alert => anAlert({ alertname: 'Hot', device, ...more });

describe('when a receiver hears of a group', () => {
  test('first after group_wait, then of changes at group_interval, unchanged after repeat_interval', () => {
    const dispatcher = start(aPolicy({ groupBy: ['alertname'], ...timers }));
    const [a, b] = [hot('a'), hot('b')];
    dispatcher.accept(a, 0);
    const first = run(dispatcher, 100_000);
    dispatcher.accept(b, 100_000);
    const second = run(dispatcher, 400_000);
    dispatcher.accept(over(a, 400_000), 400_000);
    const rest = run(dispatcher, 4_600_000);
    dispatcher.accept(over(b, 4_600_000), 4_600_000);
    expect([...first, ...second, ...rest, ...run(dispatcher, 20_000_000)].map(shown)).toEqual([
      [30, 'pager', 'first notification', 'a firing'],
      [330, 'pager', 'new alerts added', 'a firing, b firing'],
      [630, 'pager', 'some alerts resolved', 'a resolved, b firing'],
      [4230, 'pager', 'repeat interval elapsed', 'b firing'],
      [4830, 'pager', 'all alerts resolved', 'b resolved'],
    ]);
    expect(dispatcher.nextDueMs()).toBeUndefined();
  });

  test('in the trace of what is new to it; what is nothing to tell, such as who has seen it, changes no trace', () => {
    const dispatcher = start(aPolicy({ groupBy: ['alertname'], ...timers }));
    const tracedBy = (traceparent: string, alert: Alert): Alert => ({ ...alert, traceparent });
    dispatcher.accept(tracedBy('raise of a', hot('a')), 0);
    dispatcher.accept({ ...hot('a'), isAcknowledged: true }, 1_000);
    const first = run(dispatcher, 100_000);
    dispatcher.accept(tracedBy('raise of b', hot('b')), 100_000);
    const second = run(dispatcher, 400_000);
    dispatcher.accept(tracedBy('clear of a', over(hot('a'), 400_000)), 400_000);
    const third = run(dispatcher, 700_000);
    const repeated = run(dispatcher, 4_300_000);
    expect(
      [...first, ...second, ...third, ...repeated].map(({ reason, traceparent }) => [reason, traceparent]),
    ).toEqual([
      ['first notification', 'raise of a'],
      ['new alerts added', 'raise of b'],
      ['some alerts resolved', 'clear of a'],
      ['repeat interval elapsed', 'raise of b'],
    ]);
  });

  test('never of what is over before the first notification', () => {
    const dispatcher = start(aPolicy(timers));
    const a = hot('a');
    dispatcher.accept(a, 0);
    dispatcher.accept(over(a, 20_000), 20_000);
    expect(run(dispatcher, 10_000_000)).toEqual([]);
    expect(dispatcher.accept(over(hot('never'), 1), 5)).toBe('untold');
  });

  test('not of an alert that ended and began again between two looks', () => {
    const dispatcher = start(aPolicy(timers));
    dispatcher.accept(hot('a'), 0);
    run(dispatcher, 30_000);
    dispatcher.accept(over(hot('a'), 40_000), 40_000);
    dispatcher.accept(hot('a'), 50_000);
    expect(run(dispatcher, 330_000)).toEqual([]);
  });

  test('of what begins again after it was told to be over, as of a new alert, at the next interval', () => {
    const dispatcher = start(aPolicy(timers));
    dispatcher.accept(hot('a'), 0);
    dispatcher.accept(hot('a', { x: '1' }), 0);
    run(dispatcher, 30_000);
    dispatcher.accept(over(hot('a'), 40_000), 40_000);
    run(dispatcher, 330_000);
    dispatcher.accept(hot('a'), 340_000);
    expect(run(dispatcher, 630_000).map(shown)).toEqual([[630, 'pager', 'new alerts added', 'a firing, a firing']]);
  });

  test('a receiver that does not want to know what is over is told only what fires', () => {
    const receivers = [aWebhook('pager', { sendResolved: false })];
    const dispatcher = start(aPolicy({ ...timers }, { receivers }));
    const [a, b] = [hot('a'), hot('b')];
    dispatcher.accept(a, 0);
    dispatcher.accept(b, 0);
    run(dispatcher, 30_000);
    dispatcher.accept(over(a, 40_000), 40_000);
    expect(run(dispatcher, 330_000)).toEqual([]);
    dispatcher.accept(over(b, 340_000), 340_000);
    expect(run(dispatcher, 630_000)).toEqual([]);
    dispatcher.accept(hot('b'), 640_000);
    expect(run(dispatcher, 930_000).map(shown)).toEqual([[930, 'pager', 'new alerts added', 'b firing']]);
  });

  test('an end that lies in the future ends the alert by itself', () => {
    const dispatcher = start(aPolicy(timers));
    dispatcher.accept(anAlert({ device: 'a' }, { endsAtMs: 200_000 }), 0);
    expect(run(dispatcher, 1_000_000).map(shown)).toEqual([
      [30, 'pager', 'first notification', 'a firing'],
      [330, 'pager', 'all alerts resolved', 'a resolved'],
    ]);
  });

  test('a look that comes late happens once, and the next is an interval after it', () => {
    const dispatcher = start(aPolicy(timers));
    dispatcher.accept(hot('a'), 0);
    expect(dispatcher.tick(7_200_000).map(shown)).toEqual([[7200, 'pager', 'first notification', 'a firing']]);
    expect(dispatcher.tick(7_200_000)).toEqual([]);
    expect(dispatcher.nextDueMs()).toBe(7_500_000);
  });
});

describe('who hears of an alert', () => {
  const route = {
    ...timers,
    groupBy: ['alertname'],
    routes: [
      { matchers: [matcher('severity=critical')], receiver: 'duty', continue: true, groupWaitMs: 0 },
      {
        matchers: [matcher('site=north')],
        receiver: 'north',
        groupBy: ['...'],
        routes: [{ matchers: [matcher('device=b')], receiver: 'b' }],
      },
      { matchers: [matcher('site=north')], receiver: 'never' },
    ],
  };
  const policy = aPolicy(route, { receivers: ['pager', 'duty', 'north', 'b', 'never'] });
  test.each<[Labels, string[]]>([
    [{ severity: 'minor' }, ['pager {}']],
    [{ severity: 'critical', alertname: 'Hot' }, ['duty {"alertname":"Hot"}']],
    [{ severity: 'critical', site: 'north' }, ['duty {}', 'north {"severity":"critical","site":"north"}']],
    [{ site: 'north', device: 'b' }, ['b {"site":"north","device":"b"}']],
  ])('%j', (labels, expected) => {
    const dispatcher = start(policy);
    dispatcher.accept(anAlert(labels), 0);
    const heard = run(dispatcher, 30_000).map(
      ({ receiver, groupLabels }) => `${receiver} ${JSON.stringify(groupLabels)}`,
    );
    expect(heard).toEqual(expected);
  });

  test('groups have the key that Alertmanager gives them', () => {
    const dispatcher = start(policy);
    dispatcher.accept(anAlert({ severity: 'critical', alertname: 'Hot' }), 0);
    expect(run(dispatcher, 0)[0]?.groupKey).toBe('{}/{severity="critical"}:{alertname="Hot"}');
  });
});

describe('muting', () => {
  const inhibitRules = [
    { sourceMatchers: [matcher('kind=site')], targetMatchers: [matcher('kind=~site|device')], equal: ['site'] },
  ];
  test('a source mutes its targets, not itself nor another source, and only while it fires', () => {
    const dispatcher = start(aPolicy({ ...timers, groupBy: ['...'] }, { inhibitRules }));
    const site = anAlert({ kind: 'site', site: 'n', device: 'S' });
    dispatcher.accept(site, 0);
    dispatcher.accept(anAlert({ kind: 'site', site: 'n', device: 'T' }), 0);
    dispatcher.accept(anAlert({ kind: 'device', site: 'n', device: 'a' }), 0);
    dispatcher.accept(anAlert({ kind: 'device', site: 'm', device: 'b' }), 0);
    expect(
      run(dispatcher, 30_000)
        .map((each) => shown(each)[3])
        .sort(),
    ).toEqual(['S firing', 'T firing', 'b firing']);
    dispatcher.accept(over(site, 40_000), 40_000);
    dispatcher.accept(over(anAlert({ kind: 'site', site: 'n', device: 'T' }), 40_000), 40_000);
    expect(
      run(dispatcher, 330_000)
        .map((each) => shown(each)[3])
        .sort(),
    ).toEqual(['S resolved', 'T resolved', 'a firing']);
  });

  test('missing and empty labels are equal', () => {
    const dispatcher = start(aPolicy({ ...timers, groupBy: ['...'] }, { inhibitRules }));
    dispatcher.accept(anAlert({ kind: 'site', device: 'S', site: '' }), 0);
    dispatcher.accept(anAlert({ kind: 'device', device: 'a' }), 0);
    expect(run(dispatcher, 30_000).map((each) => shown(each)[3])).toEqual(['S firing']);
  });

  test('a silence mutes while it is active', () => {
    const dispatcher = start(aPolicy({ ...timers }));
    const body = {
      matchers: [matcher('device=a')],
      startsAt: '1970-01-01T00:00:00Z',
      endsAt: '1970-01-01T00:05:00Z',
      comment: 'works',
    };
    const silence = readSilence(body, 's', 'alice', 0);
    if (!silence.ok) throw new Error(JSON.stringify(silence.problems));
    dispatcher.silences.put(silence.value);
    dispatcher.accept(hot('a'), 0);
    dispatcher.accept(hot('b'), 0);
    expect(run(dispatcher, 630_000).map(shown)).toEqual([
      [30, 'pager', 'first notification', 'b firing'],
      [330, 'pager', 'new alerts added', 'a firing, b firing'],
    ]);
  });

  test('mute and active times hold a route back, and it tells what still holds after them', () => {
    const timeIntervals = [{ name: 'early', intervals: [{ times: [{ startTime: '00:00', endTime: '00:06' }] }] }];
    const routes = [
      { receiver: 'muted', continue: true, muteTimeIntervals: ['early'] },
      { receiver: 'active', activeTimeIntervals: ['early'] },
    ];
    const policy = aPolicy({ ...timers, routes }, { receivers: ['pager', 'muted', 'active'], timeIntervals });
    const dispatcher = start(policy);
    dispatcher.accept(hot('a'), 0);
    expect(run(dispatcher, 600_000).map(shown)).toEqual([[30, 'active', 'first notification', 'a firing']]);
    expect(run(dispatcher, 700_000).map(shown)).toEqual([[630, 'muted', 'first notification', 'a firing']]);
  });
});

describe('what people do to an alarm', () => {
  const policy = aPolicy({ groupBy: ['...'], ...timers });
  test('acknowledged, it is told once and not again until it is over', () => {
    const dispatcher = start(policy);
    dispatcher.accept(anAlert(hot('a').labels, { isAcknowledged: true }), 0);
    const told = [
      [30, 'pager', 'first notification', 'a firing'],
      [10_830, 'pager', 'all alerts resolved', 'a resolved'],
    ];
    const fired = run(dispatcher, 10_790_000);
    dispatcher.accept(over(hot('a'), 10_790_000), 10_790_000);
    expect([...fired, ...run(dispatcher, 20_000_000)].map(shown)).toEqual(told);
  });

  test('one alert of the group that nobody has acknowledged is reason enough to repeat; an Alertmanager is always reminded', () => {
    const one = start(aPolicy({ ...timers }));
    one.accept(anAlert(hot('a').labels, { isAcknowledged: true }), 0);
    one.accept(hot('b'), 0);
    expect(run(one, 3_630_000).map((each) => each.reason)).toEqual(['first notification', 'repeat interval elapsed']);
    const receivers = [{ name: 'pager', kind: 'alertmanager', url: 'https://example.com' }];
    const other = start(aPolicy({ ...timers }, { receivers }));
    other.accept(anAlert(hot('a').labels, { isAcknowledged: true }), 0);
    expect(run(other, 3_630_000)).toHaveLength(2);
  });

  test('shelved, it is not told until that ends, nor that it is over before', () => {
    const dispatcher = start(policy);
    dispatcher.accept(anAlert(hot('a').labels, { mutedUntilMs: 400_000 }), 0);
    dispatcher.accept(anAlert(hot('b').labels, { mutedUntilMs: 400_000 }), 0);
    dispatcher.accept(anAlert(hot('b').labels, { mutedUntilMs: 400_000, endsAtMs: 100_000 }), 100_000);
    expect(run(dispatcher, 1_000_000).map(shown)).toEqual([[630, 'pager', 'first notification', 'a firing']]);
  });
});

describe('another policy', () => {
  test('groups that it has too go on as they were; nothing is told again', () => {
    const dispatcher = start(aPolicy({ groupBy: ['alertname'], ...timers }));
    dispatcher.accept(hot('a'), 0);
    run(dispatcher, 30_000);
    const routes = [{ matchers: [matcher('device=z')], receiver: 'pager' }];
    dispatcher.replacePolicy(aPolicy({ groupBy: ['alertname'], ...timers, routes }), 40_000);
    dispatcher.accept(over(hot('a'), 50_000), 50_000);
    expect(run(dispatcher, 330_000).map(shown)).toEqual([[330, 'pager', 'all alerts resolved', 'a resolved']]);
  });

  test('routes that differ only in what they group by keep their groups apart', () => {
    const byDevice = { receiver: 'pager', matchers: [matcher('alertname=Hot')], groupBy: ['device'], continue: true };
    const routes = [byDevice, { ...byDevice, groupBy: ['site'] }];
    const policy = aPolicy({ groupBy: ['alertname'], ...timers, routes });
    const dispatcher = start(policy);
    dispatcher.accept(hot('a', { site: 'plant' }), 0);
    expect(run(dispatcher, 30_000).map(({ groupLabels }) => groupLabels)).toEqual([{ device: 'a' }, { site: 'plant' }]);
    dispatcher.replacePolicy(policy, 40_000);
    expect(run(dispatcher, 400_000)).toEqual([]);
  });

  test('what it groups otherwise, or tells others, is told anew after group_wait', () => {
    const dispatcher = start(aPolicy({ groupBy: ['alertname'], ...timers }));
    dispatcher.accept(hot('a'), 0);
    run(dispatcher, 30_000);
    dispatcher.replacePolicy(aPolicy({ groupBy: ['device'], ...timers }), 40_000);
    expect(run(dispatcher, 400_000).map(shown)).toEqual([[70, 'pager', 'first notification', 'a firing']]);
    dispatcher.replacePolicy(
      aPolicy({ groupBy: ['device'], receiver: 'duty', ...timers }, { receivers: ['duty'] }),
      410_000,
    );
    expect(run(dispatcher, 440_000).map(shown)).toEqual([[440, 'duty', 'first notification', 'a firing']]);
  });
});

describe('bounds', () => {
  test('where a tenant has too many groups, alerts are told together with others of their route', () => {
    const dispatcher = start(aPolicy({ groupBy: ['device'], ...timers }), { ...defaultLimits, maxGroups: 2 });
    for (const device of ['a', 'b', 'c', 'd']) expect(dispatcher.accept(hot(device), 0)).toBe('accepted');
    const told = run(dispatcher, 30_000).map((each) => shown(each)[3]);
    expect(told.sort()).toEqual(['a firing', 'b firing', 'c firing, d firing']);
    dispatcher.accept(anAlert(hot('c').labels, { annotations: { note: 'x' } }), 40_000);
    expect(run(dispatcher, 330_000)).toEqual([]);
  });

  test('what there are too many groups of is told apart from the group without labels', () => {
    const dispatcher = start(aPolicy({ groupBy: ['site'], ...timers }), { ...defaultLimits, maxGroups: 1 });
    dispatcher.accept(hot('a'), 0);
    dispatcher.accept(hot('b', { site: 'plant' }), 0);
    const keys = run(dispatcher, 30_000).map(({ groupKey }) => groupKey);
    expect(keys.sort()).toEqual(['{}:overflow', '{}:{}']);
  });

  test('what a full group has no room for is counted', () => {
    const dispatcher = start(aPolicy(timers), { ...defaultLimits, maxAlertsPerGroup: 2 });
    const outcomes = ['a', 'b', 'c'].map((device) => dispatcher.accept(hot(device), 0));
    expect(outcomes).toEqual(['accepted', 'accepted', 'refused']);
    expect(run(dispatcher, 30_000)).toMatchObject([{ truncatedAlerts: 1, alerts: { length: 2 } }]);
  });

  test('a notification shows at most so many alerts, and says how many more there are', () => {
    const dispatcher = start(aPolicy(timers), { ...defaultLimits, maxAlertsPerNotification: 2 });
    for (const device of ['c', 'a', 'b']) dispatcher.accept(hot(device), 0);
    const [sent] = run(dispatcher, 30_000);
    expect([sent?.truncatedAlerts, sent?.alerts.map(({ labels }) => labels.device)]).toEqual([1, ['a', 'b']]);
  });

  test('an alert too many, too large or older than the known one is named and changes nothing', () => {
    const dispatcher = start(aPolicy(timers), { ...defaultLimits, maxAlerts: 1 });
    expect(dispatcher.accept(anAlert({ a: 'x'.repeat(257) }), 0)).toBe('malformed');
    expect(dispatcher.accept(anAlert({ a: 'x\0' }), 0)).toBe('malformed');
    expect(dispatcher.accept(anAlert({ a: 'x' }, { annotations: { note: '\ud800' } }), 0)).toBe('malformed');
    expect(dispatcher.accept(anAlert({ a: 'x' }, { revision: 5 }), 0)).toBe('accepted');
    expect(dispatcher.accept(anAlert({ a: 'x' }, { revision: 4, endsAtMs: 0 }), 0)).toBe('outdated');
    expect(dispatcher.accept(anAlert({ a: 'y' }), 0)).toBe('refused');
    expect(run(dispatcher, 30_000)).toMatchObject([{ status: 'firing' }]);
  });
});
