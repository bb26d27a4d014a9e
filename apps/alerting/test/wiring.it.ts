import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { alarmChangedV1, alarmStateV1 } from '@myelin/contracts';
import { systemClock } from '@myelin/kernel';
import { type ApiClient, eventProbe } from '@myelin/testing';
import { AlarmStore } from '../src/alarms/alarm-store.js';
import { Alerting } from '../src/alerting.js';
import { alertingConfig } from '../src/config.js';
import { raised } from './alarms-fixture.js';
import { type AlertingFixture, aRuleBody, startFixture } from './alerting-fixture.js';

let fixture: AlertingFixture;
let api: ApiClient;
beforeAll(async () => {
  fixture = await startFixture();
  api = await fixture.as('acme');
}, 120_000);
afterAll(() => fixture.dispose());

describe('the running service', () => {
  test('clears and publishes by itself what a rule raised before it was changed, and shows how it came about', async () => {
    await using changes = await eventProbe(fixture.kafka.settings, alarmChangedV1);
    await using states = await eventProbe(fixture.kafka.settings, alarmStateV1);
    await api.put('/v1/rules/hot', aRuleBody());
    const alerting = new Alerting(fixture.database.dataSource, systemClock, { rulesPerTenant: 1 });
    await alerting.change((tx) =>
      new AlarmStore(systemClock).apply(tx, 'acme', [raised({ rule: 'hot', device: 'd-1' })]),
    );
    await changes.next(({ payload }) => payload?.kind === 'raise');
    expect((await api.get('/v1/alarms?state=active')).body.items).toMatchObject([{ rule: 'hot', device: 'd-1' }]);
    expect((await api.put('/v1/rules/hot', aRuleBody({ forMs: 1 }), { 'if-match': '"1"' })).status).toBe(200);
    const change = await changes.next(({ payload }) => payload?.kind === 'clear', 30_000);
    expect(change).toMatchObject({ key: 'acme/d-1', payload: { rule: 'hot', condition: 'cleared', version: 2 } });
    await states.next(({ payload }) => payload?.version === 2);
    const alarm = await api.get(`/v1/alarms/${change.payload?.alarm ?? ''}`);
    expect(alarm.body).toMatchObject({ state: 'cleared', clearReason: 'rule-changed' });
    const path = `/v1/alarms/${change.payload?.alarm ?? ''}/acknowledge`;
    expect((await api.post(path, undefined, { 'if-match': alarm.etag })).status).toBe(200);
  }, 90_000);

  test('does not start with a retention within which measurements could raise an alarm again that is forgotten', () => {
    const environment = { DATABASE_URL: 'postgres://a@b/c', OIDC_ISSUER: 'http://i', ALARM_RETENTION: '7d' };
    expect(() => alertingConfig(environment)).toThrow('ALARM_RETENTION is shorter than');
  });
});
