import { describe, expect, test } from '@jest/globals';
import { type Alarm, handle, raise } from '../alarms/alarm.js';
import { problemsOf } from './alert.js';
import { type AlarmContext, alertOfAlarm } from './alert-of-alarm.js';

const active = raise(
  {
    ...{ id: 'a', rule: 'hot', ruleVersion: 3, device: 'd-1', severity: 'major', startedAtMs: 10, raisedAtMs: 20 },
    ...{ flapping: false, deviceLabels: {}, labels: {}, annotations: { summary: 'hot' } },
  },
  25,
).alarm;
const cleared: Alarm = {
  ...active,
  ...{ condition: 'cleared', clearReason: 'condition', clearedAtMs: 40, clearNoticedAtMs: 50, version: 2 },
};
const context: AlarmContext = { tenant: 'acme', revision: 7, settlesAtMs: null, url: 'https://x/v1/alarms/a' };
const alertOf = (alarm: Alarm, rest: Partial<AlarmContext> = {}, nowMs = 60) =>
  alertOfAlarm(alarm, { ...context, ...rest }, nowMs);

describe('the alert of an alarm', () => {
  test('fires while the alarm is active, and carries what the alarm says', () => {
    expect(alertOf({ ...active, site: 'north', profile: 'oven' })).toEqual({
      labels: {
        ...{ alertname: 'hot', rule: 'hot', device: 'd-1', severity: 'major', tenant: 'acme' },
        ...{ site: 'north', profile: 'oven' },
      },
      ...{ annotations: { summary: 'hot' }, startsAtMs: 10, endsAtMs: null },
      ...{ generatorUrl: 'https://x/v1/alarms/a', revision: 7 },
    });
  });

  test('is over when the alarm is cleared, at the time of the device unless its clock is ahead', () => {
    expect(alertOf(cleared).endsAtMs).toBe(40);
    expect(alertOf({ ...cleared, clearedAtMs: 9_000 }).endsAtMs).toBe(50);
    expect(alertOf({ ...cleared, startedAtMs: 8_000, clearedAtMs: 9_000 })).toMatchObject({
      ...{ startsAtMs: 25, endsAtMs: 50 },
    });
  });

  test('fires on while the condition flaps, until it has been steady; who clears by hand ends it at once', () => {
    expect(alertOf(cleared, { settlesAtMs: 500 }).endsAtMs).toBe(500);
    expect(alertOf(cleared, { settlesAtMs: 60 }).endsAtMs).toBe(40);
    const by = { by: 'operator:ada', atMs: 50, expectedVersion: 1 };
    const byHand = handle(active, { kind: 'clear', reason: 'replaced' }, by).alarm;
    expect(alertOf(byHand, { settlesAtMs: 500 }).endsAtMs).toBe(50);
  });

  test('of a storm is of no device; what belongs to one is muted until it is released', () => {
    const storm = { by: 'site', name: 'north', device: 'd-1', devices: 9, concerned: 20, limit: 8 } as const;
    const of = { ...active, device: '*site/north', site: 'north', storm: { ...storm, sinceMs: 0, windowMs: 1 } };
    expect(alertOf(of).labels).toEqual({
      ...{ alertname: 'hot', rule: 'hot', severity: 'major', tenant: 'acme', site: 'north', storm: 'site' },
    });
    const { mutedUntilMs = 0 } = alertOf({ ...active, inhibitedBy: 'a-storm', shelvedUntilMs: 90 });
    expect(new Date(mutedUntilMs).getUTCFullYear()).toBeGreaterThan(9_999);
  });

  test('is muted while the alarm is shelved, and known when it is acknowledged', () => {
    expect(alertOf({ ...active, shelvedUntilMs: 90 }).mutedUntilMs).toBe(90);
    expect(alertOf({ ...active, acknowledged: { by: 'operator:ada', atMs: 30 } }).isAcknowledged).toBe(true);
  });

  test('has the labels of its rule and of its device, the own ones before all', () => {
    const deviceLabels = { team: 'device', severity: 'none', line: '4', '4th': 'x', 'k8s.io/zone': 'a', empty: '' };
    expect(alertOf({ ...active, deviceLabels, labels: { team: 'rule' } }).labels).toEqual({
      ...{ alertname: 'hot', rule: 'hot', device: 'd-1', severity: 'major', tenant: 'acme' },
      ...{ team: 'rule', line: '4', 'k8s.io/zone': 'a' },
    });
  });

  test('can always be told, however many labels and however long texts rule and device have', () => {
    const named = (prefix: string, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}${i}`, 'x'.repeat(128)]));
    const alert = alertOf({ ...active, deviceLabels: named('device', 64), labels: named('rule', 32) });
    expect(problemsOf(alert)).toEqual([]);
    const long = alertOf({ ...active, annotations: { summary: `${'x'.repeat(4_094)}${'💧'.repeat(9)}` } });
    expect(problemsOf(long)).toEqual([]);
    expect(Object.keys(alert.labels)).toHaveLength(64);
    expect(alert.labels).toMatchObject({ ...named('rule', 32), severity: 'major' });
  });
});
