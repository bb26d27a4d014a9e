import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { alarmChangedV1, alarmStateV1 } from '@myelin/contracts';
import { clearEndedAlarms } from '../src/alarms/clear-ended-alarms.js';
import { saveChanges } from '../src/alarms/alarm-store.js';
import { handle } from '../src/domain/alarms/alarm.js';
import { findAlarm, listEntries } from '../src/persistence/alarm-search.repository.js';
import { lockAlarm } from '../src/persistence/alarms.repository.js';
import { type AlarmsFixture, cleared, idOf, raised, tenant, useAlarms } from './alarms-fixture.js';

let fixture: AlarmsFixture;
beforeAll(async () => {
  fixture = await useAlarms();
});
afterAll(() => fixture.database.dispose());
beforeEach(() => fixture.clear());

const alarmOf = (id: string) => fixture.alerting.read((db) => findAlarm(db, tenant, id));
const countOf = async (what: string): Promise<number> => {
  const [row] = await fixture.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${what}`);
  return row?.count ?? 0;
};

describe('what is found', () => {
  const described = raised({
    ...{ site: 'plant-1', profile: 'thermometer', deviceLabels: { line: '4' }, labels: { team: 'north' } },
    annotations: { summary: 'd-1 says "80 °C"\0' },
  });

  test('becomes an alarm with its history, its state and its change', async () => {
    const [change] = await fixture.apply([described]);
    const id = idOf(described);
    expect(await alarmOf(id)).toEqual(change?.alarm);
    expect(change?.alarm).toMatchObject({
      id,
      site: 'plant-1',
      labels: { team: 'north' },
      flapping: false,
      version: 1,
    });
    const entries = await fixture.alerting.read((db) => listEntries(db, tenant, id, { before: undefined, limit: 9 }));
    expect(entries).toEqual([{ alarm: id, version: 1, kind: 'raise', atMs: fixture.clock.nowMs() }]);
    const [state, event] = await fixture.outgoing();
    expect(state).toMatchObject({
      ...{ topic: alarmStateV1.topic.name, key: `acme/${id}`, version: '1' },
      value: { startedAt: '1970-01-01T00:00:01.000Z', raisedAt: '1970-01-01T00:00:02.000Z', profile: 'thermometer' },
    });
    expect(event).toMatchObject({
      topic: alarmChangedV1.topic.name,
      key: 'acme/d-1',
      value: { kind: 'raise', alarm: id },
    });
  });

  test('changes nothing when it is found again, also after its clear', async () => {
    await fixture.apply([described]);
    await fixture.apply([described, cleared()]);
    const before = await alarmOf(idOf(described));
    expect(before).toMatchObject({ condition: 'cleared', clearReason: 'condition', clearedAtMs: 3_000, version: 2 });
    fixture.clock.advance(5_000);
    expect(await fixture.apply([described])).toEqual([]);
    expect(await fixture.apply([described, cleared()])).toEqual([]);
    expect(await alarmOf(idOf(described))).toEqual(before);
    expect(await countOf('outbox')).toBe(4);
    expect(await countOf('alarm_entry')).toBe(2);
  });

  test('of many at once by several processes is raised once and cleared once', async () => {
    const found = Array.from({ length: 20 }, (_, i) => [
      raised({ device: `d-${i}` }),
      cleared({ device: `d-${i}` }),
      raised({ device: `d-${i}`, startMs: 5_000, atMs: 5_000 }),
    ]).flat();
    const orders = [
      found,
      found.toReversed().toSorted((a, b) => a.startMs - b.startMs || b.kind.localeCompare(a.kind)),
    ];
    await Promise.all([...orders, ...orders].map((order) => fixture.apply(order)));
    expect(await countOf('alarm')).toBe(40);
    expect(await countOf(`alarm WHERE condition = 'active'`)).toBe(20);
    expect(await countOf('alarm_entry')).toBe(60);
    expect(await countOf('outbox')).toBe(120);
  });

  test('of more devices at once than one statement takes is all there', async () => {
    const found = Array.from({ length: 1_200 }, (_, i) => raised({ device: `d-${i}` }));
    expect(await fixture.apply(found)).toHaveLength(1_200);
    const clears = found.map(({ device }) => cleared({ device }));
    expect(await fixture.apply([...found, ...clears])).toHaveLength(1_200);
    expect(await countOf(`alarm WHERE condition = 'cleared'`)).toBe(1_200);
    expect(await countOf('alarm_entry')).toBe(2_400);
    expect(await countOf('outbox')).toBe(4_800);
  });

  test('is not there at all when its transaction fails', async () => {
    const failing = fixture.alerting.change(async (tx) => {
      await fixture.alarms.apply(tx, tenant, [described]);
      throw new Error('the process dies here');
    });
    await expect(failing).rejects.toThrow('dies here');
    for (const table of ['alarm', 'alarm_entry', 'flapping', 'outbox']) expect(await countOf(table)).toBe(0);
  });

  test('of one tenant is nothing of another', async () => {
    await fixture.apply([raised()]);
    await fixture.apply([cleared()], 'beta');
    expect(await alarmOf(idOf(raised()))).toMatchObject({ condition: 'active' });
    expect(await fixture.alerting.read((db) => findAlarm(db, 'beta', idOf(raised())))).toBeUndefined();
  });

  test('goes on while people are at the alarm, and neither change is lost', async () => {
    await fixture.apply([raised()]);
    const id = idOf(raised());
    let clearing: Promise<unknown> | undefined;
    await fixture.alerting.change(async (tx) => {
      const alarm = await lockAlarm(tx, tenant, id);
      if (alarm === undefined) throw new Error('no alarm');
      clearing = fixture.apply([cleared()]);
      const context = { by: 'operator:ada', atMs: fixture.clock.nowMs(), expectedVersion: 1 };
      await saveChanges(tx, tenant, [handle(alarm, { kind: 'acknowledge' }, context)]);
    });
    await clearing;
    expect(await alarmOf(id)).toMatchObject({ condition: 'cleared', acknowledged: { by: 'operator:ada' }, version: 3 });
  });
});

describe('what is there no more', () => {
  const active = [
    raised(),
    raised({ device: 'd-2' }),
    raised({ rule: 'cold', device: 'd-2' }),
    raised({ device: 'd-3', ruleVersion: 2 }),
  ];
  const reasons = async (): Promise<(string | undefined)[]> =>
    Promise.all(active.map(async (found) => (await alarmOf(idOf(found)))?.clearReason));

  test('clears the alarms of a device', async () => {
    await fixture.apply(active);
    await clearEndedAlarms(fixture.alerting, fixture.alarms, tenant, { device: 'd-2' }, 'device-removed');
    expect(await reasons()).toEqual([undefined, 'device-removed', 'device-removed', undefined]);
    expect(await alarmOf(idOf(raised({ device: 'd-2' })))).toMatchObject({ clearedAtMs: fixture.clock.nowMs() });
  });

  test('clears the alarms of a rule, and of its versions before', async () => {
    await fixture.apply(active);
    const before = { rule: 'hot', beforeVersion: 2 };
    await clearEndedAlarms(fixture.alerting, fixture.alarms, tenant, before, 'rule-changed');
    expect(await reasons()).toEqual(['rule-changed', 'rule-changed', undefined, undefined]);
    await clearEndedAlarms(fixture.alerting, fixture.alarms, tenant, { rule: 'hot' }, 'rule-removed');
    expect(await reasons()).toEqual(['rule-changed', 'rule-changed', undefined, 'rule-removed']);
  });

  test('takes as many as are allowed at a time', async () => {
    await fixture.apply(active);
    const clear = () =>
      fixture.alerting.change((tx) => fixture.alarms.clearEnded(tx, tenant, { rule: 'hot' }, 'rule-removed', 2));
    expect((await clear()).length).toBe(2);
    expect((await clear()).length).toBe(1);
    expect((await clear()).length).toBe(0);
  });
});
