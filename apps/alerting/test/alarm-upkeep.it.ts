import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { alarmChangedV1, alarmStateV1 } from '@myelin/contracts';
import { createRecordPublisher } from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';
import { createOutboxRelay } from '@myelin/outbox';
import { eventProbe, useKafka } from '@myelin/testing';
import { lookMs } from '../src/domain/alarms/flapping.js';
import type { Found } from '../src/domain/alarms/found.js';
import { clearOutdatedAlarms } from '../src/features/keep-alarms/clear-outdated-alarms.js';
import { forgetAlarms } from '../src/features/keep-alarms/forget-alarms.js';
import { settleAlarms } from '../src/features/keep-alarms/settle-alarms.js';
import { findAlarm } from '../src/persistence/alarm-search.repository.js';
import { type AlarmsFixture, cleared, idOf, raised, tenant, useAlarms } from './alarms-fixture.js';

let fixture: AlarmsFixture;
beforeAll(async () => {
  fixture = await useAlarms();
});
afterAll(() => fixture.database.dispose());
beforeEach(() => fixture.clear());

const alarmOf = (found: Found) => fixture.alerting.read((db) => findAlarm(db, tenant, idOf(found)));
const dayMs = 86_400_000;
const keptMs = 90 * dayMs;
const forget = async (limit?: number): Promise<boolean> => {
  // A dispatcher has long looked at them.
  await fixture.query('DELETE FROM dispatch_queue');
  return forgetAlarms(fixture.alerting, keptMs, limit);
};

describe('alarms that were cleared long ago', () => {
  test('are forgotten with their history, and leave tombstones of a later version', async () => {
    await fixture.apply([raised(), cleared(), raised({ device: 'd-2' })]);
    fixture.clock.advance(keptMs - 1);
    await fixture.apply([raised({ device: 'd-3' }), cleared({ device: 'd-3' })]);
    await forget();
    expect(await alarmOf(raised())).toBeDefined();
    await fixture.query('DELETE FROM outbox');
    fixture.clock.advance(2);
    expect(await forget()).toBe(false);
    expect(await alarmOf(raised())).toBeUndefined();
    expect(await alarmOf(raised({ device: 'd-2' }))).toMatchObject({ condition: 'active' });
    expect(await alarmOf(raised({ device: 'd-3' }))).toBeDefined();
    expect(await fixture.query('SELECT FROM alarm_entry WHERE alarm = $1', [idOf(raised())])).toEqual([]);
    expect(await fixture.outgoing()).toEqual([
      { topic: alarmStateV1.topic.name, key: `acme/${idOf(raised())}`, version: '3', value: null },
    ]);
    const places = await fixture.query<{ device: string }>('SELECT device FROM flapping ORDER BY device');
    expect(places.map(({ device }) => device)).toEqual(['d-2', 'd-3']);
  });

  test('are forgotten some at a time', async () => {
    const found = Array.from({ length: 5 }, (_, i) => `d-${i}`).flatMap((device) => [
      raised({ device }),
      cleared({ device }),
    ]);
    await fixture.apply(found);
    fixture.clock.advance(keptMs + 1);
    expect([await forget(2), await forget(2), await forget(2)]).toEqual([true, true, false]);
    expect(await fixture.query('SELECT FROM alarm')).toEqual([]);
  });
});

describe('a flapping alarm', () => {
  const flap = Array.from({ length: 8 }, (_, i) => {
    const startMs = 1_000 + 2_000 * i;
    return [raised({ startMs, atMs: startMs }), cleared({ startMs, atMs: startMs + 1_000 })];
  }).flat();
  const last = raised({ startMs: 20_000, atMs: 20_000 });

  test('settles when its condition has held for some minutes, as a change of its own', async () => {
    await fixture.apply([...flap, last]);
    expect(await alarmOf(last)).toMatchObject({ flapping: true, version: 1 });
    fixture.clock.advance(lookMs);
    await settleAlarms(fixture.alerting);
    expect(await alarmOf(last)).toMatchObject({ flapping: true, version: 1 });
    fixture.clock.advance(20 * lookMs);
    await settleAlarms(fixture.alerting);
    await settleAlarms(fixture.alerting);
    expect(await alarmOf(last)).toMatchObject({ flapping: false, version: 2 });
    expect((await fixture.outgoing()).at(-1)?.value).toMatchObject({ kind: 'settle', version: 2 });
  });

  test('that is cleared stays as it was, and the next one is not flapping', async () => {
    await fixture.apply(flap);
    fixture.clock.advance(30 * lookMs);
    await settleAlarms(fixture.alerting);
    expect(await alarmOf(flap.at(-2) as Found)).toMatchObject({ flapping: true, version: 2 });
    const later = raised({ startMs: 40 * lookMs, atMs: 40 * lookMs });
    await fixture.apply([later]);
    expect(await alarmOf(later)).toMatchObject({ flapping: false });
  });
});

describe('alarms of a rule that is another one now', () => {
  const rule = (name: string, version: number) =>
    fixture.query(
      `INSERT INTO rule (tenant, rule, version, definition, severity, enabled, updated_at, updated_by)
       VALUES ($1, $2, $3, '{}', 'major', true, now(), 'operator:ada')`,
      [tenant, name, version],
    );
  const removed = (name: string, version: number) =>
    fixture.query('INSERT INTO removed_rule (tenant, rule, version) VALUES ($1, $2, $3)', [tenant, name, version]);

  test('are cleared with the reason, the others are left alone', async () => {
    await rule('changed', 3);
    await rule('same', 2);
    await removed('removed', 4);
    await rule('again', 7);
    const found = [
      ...[raised({ rule: 'changed', ruleVersion: 2 }), raised({ rule: 'changed', ruleVersion: 3, device: 'd-2' })],
      ...[raised({ rule: 'same', ruleVersion: 2 }), raised({ rule: 'removed', ruleVersion: 3 })],
      ...[raised({ rule: 'again', ruleVersion: 5 }), raised({ rule: 'again', ruleVersion: 7, device: 'd-2' })],
    ];
    await fixture.apply(found);
    expect(await clearOutdatedAlarms(fixture.alerting, fixture.alarms)).toBe(false);
    const reasons = await Promise.all(found.map(async (one) => (await alarmOf(one))?.clearReason));
    expect(reasons).toEqual(['rule-changed', undefined, undefined, 'rule-removed', 'rule-changed', undefined]);
  });
});

describe('upkeep that fails for one tenant', () => {
  const broken = 'abc';
  const many = Array.from({ length: 201 }, (_, i) => raised({ device: `d-${i}`, rule: `hot-${i}` }));
  /** Nothing of its alarms can be published. */
  const breakIt = () => fixture.query(`UPDATE alarm SET labels = '{"broken": 1}' WHERE tenant = $1`, [broken]);

  test('is done for the others: alarms of rules that are gone are cleared, however many rules of that tenant are', async () => {
    await fixture.apply(many, broken);
    await fixture.apply([raised()]);
    await breakIt();
    for (const whose of [broken, tenant])
      await fixture.query(
        'INSERT INTO removed_rule (tenant, rule, version) SELECT DISTINCT tenant, rule, 2 FROM alarm WHERE tenant = $1',
        [whose],
      );
    await expect(clearOutdatedAlarms(fixture.alerting, fixture.alarms)).rejects.toThrow('labels/broken');
    expect(await alarmOf(raised())).toMatchObject({ clearReason: 'rule-removed' });
  });

  test('is done for the others: what flapped settles, however much of that tenant is to settle', async () => {
    await fixture.apply(many, broken);
    await fixture.apply([raised()]);
    await breakIt();
    await fixture.query('UPDATE alarm SET flapping = true');
    const at = (offsetMs: number) => new Date(fixture.clock.nowMs() + offsetMs);
    const settlesAt = (whose: string, offsetMs: number) =>
      fixture.query('UPDATE flapping SET flapping = true, settles_at = $2 WHERE tenant = $1', [whose, at(offsetMs)]);
    await settlesAt(broken, -2);
    await settlesAt(tenant, -1);
    await expect(settleAlarms(fixture.alerting)).rejects.toThrow('labels/broken');
    expect(await alarmOf(raised())).toMatchObject({ flapping: false });
  });
});

describe('the outbox', () => {
  test('gives states and changes to their topics', async () => {
    await using kafka = useKafka();
    await kafka.ensureTopics([alarmStateV1, alarmChangedV1], { partitions: 2 });
    await using states = await eventProbe(kafka.settings, alarmStateV1);
    await using changes = await eventProbe(kafka.settings, alarmChangedV1);
    const publisher = createRecordPublisher(kafka.settings, silentLogger);
    const relay = createOutboxRelay({ dataSource: fixture.database.dataSource, publisher, logger: silentLogger });
    relay.start();
    // Brokers refuse what is written in the future.
    fixture.clock.set(Date.now() - keptMs - 60_000);
    try {
      await fixture.apply([raised(), cleared()]);
      await states.next(({ key, payload }) => key === `acme/${idOf(raised())}` && payload?.version === 2);
      await changes.next(({ key, payload }) => key === 'acme/d-1' && payload?.version === 2);
      expect(changes.all().map(({ payload }) => payload?.kind)).toEqual(['raise', 'clear']);
      fixture.clock.advance(keptMs + 1);
      await forget();
      await states.next(({ payload, headers }) => payload === null && headers['myelin-version'] === '3');
    } finally {
      await relay.close();
      await publisher.close();
    }
  });
});
