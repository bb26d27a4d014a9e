import { describe, expect, test } from '@jest/globals';
import { Fleet, type FleetDevice } from './fleet.js';

const aDevice: FleetDevice = { profile: 'p', site: 's', labels: { line: '4' }, metadata: { limits: { a: 7 } } };
const utc = () => new Fleet(() => ({ offsetMsAt: () => 0 }));

describe('a fleet', () => {
  test('describes a device by its own state, its profile, its site and its tenant, whichever came first', () => {
    const changes = [
      { of: 'device', key: 't/d', to: aDevice },
      { of: 'profile', key: 't/p', to: { expectedReportIntervalMs: 5_000, metadata: { most: 1 } } },
      { of: 'site', key: 't/s', to: { timeZone: 'Europe/Berlin', metadata: { most: 2 } } },
      { of: 'tenant', key: 't', to: { timeZone: 'Asia/Tokyo', metadata: {} } },
    ] as const;
    for (const order of [changes, changes.toReversed()]) {
      const fleet = utc();
      for (const change of order) fleet.apply(change);
      const known = fleet.deviceOf('t/d');
      expect(known?.facts).toEqual({
        ...{ device: 'd', profile: 'p', site: 's', labels: { line: '4' } },
        timeZone: 'Europe/Berlin',
      });
      expect(known?.silenceMs).toBe(15_000);
      expect(known?.limits({ from: 'device', path: '/limits/a' })).toBe(7);
      expect(known?.limits({ from: 'profile', path: '/most' })).toBe(1);
      expect(known?.limits({ from: 'site', path: '/most' })).toBe(2);
    }
  });

  test('takes the time of the tenant for devices without a site, and UTC where nobody says', () => {
    const fleet = utc();
    const { site: _, ...homeless } = aDevice;
    fleet.apply({ of: 'device', key: 't/d', to: homeless });
    expect(fleet.deviceOf('t/d')?.facts.timeZone).toBe('UTC');
    fleet.apply({ of: 'tenant', key: 't', to: { timeZone: 'Asia/Tokyo', metadata: {} } });
    expect(fleet.deviceOf('t/d')?.facts.timeZone).toBe('Asia/Tokyo');
  });

  test('takes a time zone that does not exist for none, so that devices there are judged all the same', () => {
    const fleet = utc();
    fleet.apply({ of: 'device', key: 't/d', to: aDevice });
    fleet.apply({ of: 'site', key: 't/s', to: { timeZone: 'Europe/Nowhere', metadata: {} } });
    expect(fleet.deviceOf('t/d')?.facts.timeZone).toBe('UTC');
    fleet.apply({ of: 'tenant', key: 't', to: { timeZone: 'Asia/Tokyo', metadata: {} } });
    expect(fleet.deviceOf('t/d')?.facts.timeZone).toBe('Asia/Tokyo');
  });

  test('gives a device another revision when anything that it is described by has changed, and only then', () => {
    const fleet = utc();
    fleet.apply({ of: 'device', key: 't/d', to: aDevice });
    const seen = new Set([fleet.deviceOf('t/d')?.revision]);
    const changes = [
      { of: 'profile', key: 't/p', to: { expectedReportIntervalMs: 1_000, metadata: {} } },
      { of: 'site', key: 't/s', to: undefined },
      { of: 'tenant', key: 't', to: { timeZone: 'UTC', metadata: {} } },
      { of: 'device', key: 't/d', to: aDevice },
    ] as const;
    for (const change of changes) {
      fleet.apply(change);
      const revision = fleet.deviceOf('t/d')?.revision;
      expect(seen).not.toContain(revision);
      seen.add(revision);
      fleet.apply({ of: 'site', key: 't/elsewhere', to: { timeZone: 'UTC', metadata: {} } });
      expect(fleet.deviceOf('t/d')?.revision).toBe(revision);
    }
  });

  test('tells whoever has looked a device up when another has taken its place, and when it is gone', () => {
    const fleet = utc();
    const put = (to: FleetDevice | undefined): void => fleet.apply({ of: 'device', key: 't/d', to });
    put(aDevice);
    const first = fleet.deviceOf('t/d');
    fleet.apply({ of: 'profile', key: 't/p', to: { expectedReportIntervalMs: 1_000, metadata: {} } });
    expect(first?.isReplaced).toBe(false);
    expect(fleet.deviceOf('t/d')).toBe(first);
    put(aDevice);
    const second = fleet.deviceOf('t/d');
    expect([first?.isReplaced, second?.isReplaced]).toEqual([true, false]);
    put(undefined);
    expect(second?.isReplaced).toBe(true);
  });

  test('has no rules of a tenant when the last one is gone, and does not mistake later ones for them', () => {
    const fleet = utc();
    const rule = { id: 'r', scope: {}, when: { op: 'absent' }, severity: 'minor' } as const;
    const put = (version: number): void => fleet.apply({ of: 'rule', tenant: 't', id: 'r', to: { ...rule, version } });
    expect(fleet.rulesOf('t')).toBeUndefined();
    put(1);
    const revision = fleet.rulesOf('t')?.revision;
    fleet.apply({ of: 'rule', tenant: 't', id: 'r', to: undefined });
    expect(fleet.rulesOf('t')).toBeUndefined();
    put(2);
    expect(fleet.rulesOf('t')?.revision).toBeGreaterThan(revision as number);
  });

  test('expects silence of the devices of a tenant by its own windows and installations only', () => {
    const fleet = utc();
    const times = { fromMs: 0, untilMs: 100 };
    fleet.apply({ of: 'window', key: 't/power', to: { scope: {}, ...times } });
    fleet.apply({ of: 'window', key: 'tt/power', to: { scope: { sites: ['elsewhere'] }, ...times } });
    fleet.apply({ of: 'installation', key: 'ttt/d', to: { startedMs: 0, expectedUntilMs: 100 } });
    const facts = { device: 'd', profile: 'p', site: 's', labels: {} };
    const reaches = (tenant: string): number | undefined => fleet.expectedSilenceOf(tenant)?.latestMs(facts, -1, 50);
    expect(['t', 'tt', 'ttt', 'tttt'].map(reaches)).toEqual([50, -1, 50, undefined]);
    expect(['t/power', 't/other', 'tttt/power'].map((key) => fleet.hasWindow(key))).toEqual([true, false, false]);
    fleet.apply({ of: 'window', key: 't/power', to: undefined });
    fleet.apply({ of: 'installation', key: 'ttt/d', to: undefined });
    expect(['t', 'tt', 'ttt'].map(reaches)).toEqual([undefined, -1, undefined]);
  });

  test('counts the active devices that a rule concerns, by site and by profile', () => {
    const fleet = utc();
    const { site: _, ...homeless } = aDevice;
    for (const [key, to] of [
      ...[['t/a', aDevice] as const, ['t/b', { ...aDevice, profile: 'q' }] as const, ['t/c', homeless] as const],
      ...[['t/d', { ...aDevice, labels: {} }] as const, ['tt/a', aDevice] as const, ['t/e', aDevice] as const],
    ])
      fleet.apply({ of: 'device', key, to });
    fleet.apply({ of: 'device', key: 't/e', to: undefined });
    const scope = { labels: { line: ['4'] } };
    const when = { metric: 't', op: '>', value: 1 } as const;
    fleet.apply({ of: 'rule', tenant: 't', id: 'hot', to: { id: 'hot', version: 1, scope, when, severity: 'info' } });
    expect(fleet.countConcerned('t', 'hot')).toEqual({
      ...{
        rule: 3,
        site: new Map([
          ['s', 2],
          [undefined, 1],
        ]),
        profile: new Map([
          ['p', 2],
          ['q', 1],
        ]),
      },
    });
    expect(fleet.countConcerned('t', 'gone').rule).toBe(0);
  });
});
