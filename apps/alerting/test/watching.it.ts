import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { profileStateV1 } from '@myelin/contracts';
import { type RecordPublisher, createRecordPublisher, encodeEvent } from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';
import { type ApiClient, aProfile, waitFor } from '@myelin/testing';
import { type AlertingFixture, aRuleBody, startFixture } from './alerting-fixture.js';
import { deviceState, report, tenant, ticks } from './fleet-records.js';

let fixture: AlertingFixture;
let publisher: RecordPublisher;
let api: ApiClient;

beforeAll(async () => {
  fixture = await startFixture({
    ...{ CHECKPOINT_INTERVAL: '100ms', FOLLOW_INTERVAL: '20ms', CLEAR_UNCONCERNED_INTERVAL: '100ms' },
  });
  publisher = createRecordPublisher(fixture.kafka.settings, silentLogger);
  await publisher.connect();
  const profile = { contract: profileStateV1, key: `${tenant}/thermometer`, payload: aProfile({ tenant }), version: 1 };
  await publisher.send([encodeEvent(profile, '/registry/test')]);
  api = await fixture.as(tenant);
}, 60_000);
afterAll(async () => {
  await publisher.close();
  await fixture.dispose();
}, 60_000);

interface ShownAlarm {
  readonly device: string;
  readonly state: string;
  readonly clearReason?: string;
  readonly raisedAt: string;
  readonly ruleVersion: number;
  readonly inhibitedBy?: string;
  readonly storm?: { readonly by: string };
  readonly annotations: Record<string, string>;
}

const alarmsOf = async (rule: string): Promise<ShownAlarm[]> =>
  (await api.get(`/v1/alarms?rule=${rule}`)).body.items as unknown as ShownAlarm[];
/** Reports again until the rule has been followed: how soon that is is not asked here. */
const until = (
  what: string,
  check: (alarms: readonly ShownAlarm[]) => boolean,
  rule: string,
  again?: () => Promise<unknown>,
) =>
  waitFor(
    async () => {
      await again?.();
      return check(await alarmsOf(rule));
    },
    { what, timeoutMs: 30_000 },
  );
const conditions = (alarms: readonly ShownAlarm[]): string[] =>
  alarms.map(({ device, state, clearReason }) => [device, state, clearReason ?? ''].join(' ').trim());

describe('the running service', () => {
  test('raises an alarm for what a device reports, describes it, and clears it when that is over', async () => {
    await publisher.send([deviceState('oven', 1)]);
    const annotations = { summary: '{{ device.id }} of {{ device.site }} is too hot' };
    expect((await api.put('/v1/rules/too-hot', aRuleBody({ annotations }))).status).toBe(201);
    await until(
      'the alarm',
      (alarms) => alarms.length === 1,
      'too-hot',
      () => publisher.send([report('oven', 90)]),
    );
    const [alarm] = await alarmsOf('too-hot');
    expect(alarm).toMatchObject({ state: 'active', annotations: { summary: 'oven of plant-1 is too hot' } });
    await publisher.send([report('oven', 20)]);
    await until('the clear', (alarms) => conditions(alarms).includes('oven cleared condition'), 'too-hot');
  }, 60_000);

  test('clears the alarms of a rule that is changed or removed, and says why; the changed rule raises its own', async () => {
    await publisher.send([deviceState('kiln', 1)]);
    const put = async (value: number, ifMatch?: string) => {
      const body = aRuleBody({ when: { metric: 'temperature', op: '>', value } });
      return api.put('/v1/rules/kilns', body, ifMatch === undefined ? {} : { 'if-match': ifMatch });
    };
    const first = await put(50);
    const hot = () => publisher.send([report('kiln', 90)]);
    await until('the alarm', (alarms) => conditions(alarms).includes('kiln active'), 'kilns', hot);
    const second = await put(60, first.etag);
    expect(second.status).toBe(200);
    const isReplaced = (alarms: readonly ShownAlarm[]): boolean =>
      alarms.some(({ clearReason }) => clearReason === 'rule-changed') &&
      alarms.some(({ state, ruleVersion }) => state === 'active' && ruleVersion === 2);
    await until('the alarm of the new version', isReplaced, 'kilns', hot);
    expect((await api.delete('/v1/rules/kilns', { 'if-match': second.etag })).status).toBe(204);
    await until('the end', (alarms) => alarms.every(({ state }) => state === 'cleared'), 'kilns');
    expect(conditions(await alarmsOf('kilns'))).toContain('kiln cleared rule-removed');
  }, 60_000);

  test('clears the alarms of a device that moves out of a rule, or is removed', async () => {
    await publisher.send([deviceState('mover', 1, { site: 'north' }), deviceState('goner', 1, { site: 'north' })]);
    await api.put('/v1/rules/north', aRuleBody({ scope: { sites: ['north'] } }));
    const hot = () => publisher.send([report('mover', 90), report('goner', 90)]);
    await until(
      'both alarms',
      (alarms) => conditions(alarms).filter((one) => one.endsWith('active')).length === 2,
      'north',
      hot,
    );
    await publisher.send([deviceState('mover', 2, { site: 'south' }), deviceState('goner', 2, null)]);
    await until('both to end', (alarms) => alarms.every(({ state }) => state === 'cleared'), 'north');
    expect(conditions(await alarmsOf('north')).sort()).toEqual([
      'goner cleared device-removed',
      'mover cleared device-changed',
    ]);
  }, 60_000);

  test('raises an alarm for a device that falls silent, and counts no time in which gateways were away', async () => {
    await publisher.send([deviceState('quiet', 1)]);
    const when = { any: [{ op: 'absent', windowMs: 5_000 }, aRuleBody().when] };
    await api.put('/v1/rules/silence', aRuleBody({ when, scope: { devices: ['quiet'] } }));
    let nowMs = Date.now();
    const tick = (stepMs: number) => publisher.send(ticks((nowMs += stepMs)));
    const isActive = (alarms: readonly ShownAlarm[]): boolean => conditions(alarms).includes('quiet active');
    const isOver = (alarms: readonly ShownAlarm[]): boolean => !isActive(alarms) && alarms.length > 0;
    await tick(1_000);
    // Hot: from here on the rule is known to watch the device.
    await until('the heat', isActive, 'silence', () => publisher.send([report('quiet', 90)]));
    await publisher.send([report('quiet', 20)]);
    await until('its end', isOver, 'silence');
    await tick(120_000);
    const awayUntilMs = nowMs;
    await until('the silence', isActive, 'silence', () => tick(1_000));
    const silence = (await alarmsOf('silence')).find(({ state }) => state === 'active');
    expect(Date.parse(silence?.raisedAt ?? '')).toBeGreaterThanOrEqual(awayUntilMs + 4_000);
    await publisher.send([report('quiet', 20)]);
    await until('the voice', isOver, 'silence');
  }, 60_000);

  test('raises one alarm for a site that goes dark; those of its devices belong to it', async () => {
    const devices = ['dark-1', 'dark-2', 'dark-3'];
    await publisher.send(devices.map((device) => deviceState(device, 1, { site: 'cellar' })));
    const when = { any: [{ op: 'absent', windowMs: 5_000 }, aRuleBody().when] };
    await api.put(
      '/v1/rules/dark',
      aRuleBody({ when, scope: { sites: ['cellar'] }, storm: { share: 0.6, atLeast: 2 } }),
    );
    let nowMs = Date.now();
    const all = (temperature: number) => publisher.send(devices.map((device) => report(device, temperature)));
    // Hot: from here on the rule is known to watch a device, and cold again, which is no storm.
    const first = (temperature: number) => publisher.send([report('dark-1', temperature)]);
    await until(
      'the heat',
      (alarms) => conditions(alarms).includes('dark-1 active'),
      'dark',
      () => first(90),
    );
    await first(20);
    await until('its end', (alarms) => alarms.every(({ state }) => state === 'cleared'), 'dark');
    await all(20);
    const isDark = (alarms: readonly ShownAlarm[]): boolean =>
      devices.every((device) => alarms.some((one) => one.device === device && one.inhibitedBy !== undefined));
    await until('the silence of all', isDark, 'dark', () => publisher.send(ticks((nowMs += 1_000))));
    const storms = (await alarmsOf('dark')).filter(({ storm }) => storm !== undefined);
    expect(storms).toHaveLength(1);
    expect(storms[0]).toMatchObject({ state: 'active', storm: { concerned: 3 } });
  }, 60_000);

  test('raises an alarm for a device that never says anything', async () => {
    await api.put(
      '/v1/rules/mute',
      aRuleBody({ when: { op: 'absent', windowMs: 3_000 }, scope: { sites: ['attic'] } }),
    );
    await publisher.send([deviceState('mute', 1, { site: 'attic' })]);
    let nowMs = Date.now();
    const isActive = (alarms: readonly ShownAlarm[]): boolean => conditions(alarms).includes('mute active');
    await until('the silence', isActive, 'mute', () => publisher.send(ticks((nowMs += 1_000))));
    await publisher.send([report('mute', 20)]);
    await until('the voice', (alarms) => conditions(alarms).includes('mute cleared condition'), 'mute');
  }, 60_000);
});
