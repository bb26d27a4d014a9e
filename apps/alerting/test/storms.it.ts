import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { alarmChangedV1, alarmStateV1 } from '@myelin/contracts';
import fc from 'fast-check';
import { type Alarm, handle } from '../src/domain/alarms/alarm.js';
import type { Found, FoundRaise } from '../src/domain/alarms/found.js';
import { ReferenceStorms } from '../src/domain/alarms/reference-storms.js';
import type { CompleteBrake } from '../src/domain/rules/storm-brake.js';
import { saveChanges } from '../src/alarms/alarm-store.js';
import { clearEndedAlarms } from '../src/alarms/clear-ended-alarms.js';
import { endStorms, placeAlarms } from '../src/features/keep-alarms/keep-storms.js';
import { listAlarms } from '../src/persistence/alarm-search.repository.js';
import { lockAlarm } from '../src/persistence/alarms.repository.js';
import { type AlarmsFixture, cleared, raised, tenant, useAlarms } from './alarms-fixture.js';
import { type StormStep, brakes, concerned, concernedAt, seenOf, stormHistories } from './storm-histories.js';

let fixture: AlarmsFixture;
beforeAll(async () => {
  fixture = await useAlarms();
});
afterAll(() => fixture.database.dispose());
beforeEach(() => fixture.clear());

const all = (): Promise<Alarm[]> =>
  fixture.alerting.read((db) => listAlarms(db, tenant, {}, { after: undefined, limit: 1_000 }));
const apply = (found: readonly Found[]) =>
  fixture.alerting.change((tx) => fixture.alarms.apply(tx, tenant, found, concerned));
const end = (): Promise<void> => endStorms(fixture.alerting, fixture.alarms);
const place = async (): Promise<void> => {
  while (await placeAlarms(fixture.alerting, fixture.alarms, 3));
};

async function clearByHand(id: string): Promise<void> {
  await fixture.alerting.change(async (tx) => {
    const alarm = (await lockAlarm(tx, tenant, id)) as Alarm;
    const context = { by: 'operator:ada', atMs: fixture.clock.nowMs(), expectedVersion: alarm.version };
    await saveChanges(tx, tenant, [handle(alarm, { kind: 'clear', reason: 'known' }, context)]);
  });
}

test('any batches, repeats, ends and commands: storms and what belongs to them are what everything that was raised says', async () => {
  let storms = 0;
  const live = async (steps: readonly StormStep[]): Promise<void> => {
    await fixture.clear();
    const reference = new ReferenceStorms(brakes, concernedAt);
    const applied: (readonly Found[])[] = [];
    for (const step of steps) {
      fixture.clock.advance(step.kind === 'advance' ? step.ms : 1);
      const nowMs = fixture.clock.nowMs();
      switch (step.kind) {
        case 'found':
        case 'again': {
          const lots = step.kind === 'found' ? [step.found] : applied.slice(-step.back);
          if (step.kind === 'found') applied.push(step.found);
          for (const found of lots) {
            await apply(found);
            reference.apply(found, nowMs);
          }
          break;
        }
        case 'end':
          await end();
          reference.end(nowMs);
          break;
        case 'end-by-hand': {
          const open = (await all())
            .filter(({ storm, condition }) => storm !== undefined && condition === 'active')
            .map(({ id, rule, device, raiseNoticedAtMs }) => ({
              id,
              name: `${rule} ${device} since ${raiseNoticedAtMs}`,
            }));
          const names = reference.open();
          const name = names[step.place % names.length];
          const storm = open.find((one) => one.name === name);
          if (storm !== undefined) await clearByHand(storm.id);
          reference.endByHand(name, nowMs);
          break;
        }
        case 'place':
          await place();
          reference.place();
          break;
        case 'advance':
          break;
      }
      expect(seenOf(await all())).toEqual(reference.seen());
    }
    storms += reference.seen().storms.length;
  };
  await fc.assert(fc.asyncProperty(stormHistories, live), { numRuns: 40 });
  expect(storms).toBeGreaterThan(10);
}, 240_000);

const brake: CompleteBrake = { share: 0.5, atLeast: 3, windowMs: 60_000 };
const hot = (device: number, rest: Partial<FoundRaise> = {}): FoundRaise =>
  raised({ device: `d-${device}`, brake, ...rest });
const over = (device: number): Found => cleared({ device: `d-${device}` });
const storm = async (): Promise<Alarm | undefined> => (await all()).find((alarm) => alarm.storm !== undefined);

describe('a storm', () => {
  const from = (first: number, count: number): Found[] => Array.from({ length: count }, (_, i) => hot(first + i));

  test('is one alarm, however many processes raise its alarms at once', async () => {
    await Promise.all([1, 11, 21, 31].map((first) => fixture.apply(from(first, 2))));
    const alarms = await all();
    expect(alarms.filter((alarm) => alarm.storm !== undefined)).toHaveLength(1);
    const [first] = alarms.filter((alarm) => alarm.storm !== undefined);
    await place();
    const rest = (await all()).filter((alarm) => alarm.storm === undefined);
    expect(rest.map(({ inhibitedBy }) => inhibitedBy)).toEqual(rest.map(() => first?.id));
    expect(rest).toHaveLength(8);
  });

  test('takes those before it as well, lets go of those that outlast it, and is told with each step', async () => {
    await fixture.apply([hot(1), hot(2)]);
    await fixture.apply([hot(3), hot(4)]);
    const before = await storm();
    expect(before?.storm).toMatchObject({ by: 'rule', devices: 4, limit: 2, device: 'd-3' });
    await place();
    await fixture.apply([over(1), over(2), over(3)]);
    await end();
    // Who has raised one within the window counts as well.
    expect(await storm()).toMatchObject({ condition: 'active' });
    fixture.clock.advance(brake.windowMs);
    await end();
    await place();
    expect(await storm()).toMatchObject({ condition: 'cleared', clearReason: 'condition', version: 2 });
    const changes = (await fixture.outgoing())
      .filter(({ topic }) => topic === alarmChangedV1.topic.name)
      .map(({ value }) => value as { device: string; kind: string; storm?: object; inhibitedBy?: string });
    const told = changes.map((one) => {
      const { device, kind } = one;
      return [device, kind, one.storm && 'storm', one.inhibitedBy && 'inhibited'].filter(Boolean).join(' ');
    });
    const ofDevices = told.filter((one) => /^d-[1234] /.test(one));
    expect(ofDevices.slice(0, 3)).toEqual(['d-1 raise', 'd-2 raise', 'd-3 raise storm']);
    expect(ofDevices.slice(3).sort()).toEqual([
      ...['d-1 clear inhibited', 'd-1 settle inhibited', 'd-2 clear inhibited', 'd-2 settle inhibited'],
      ...['d-3 clear inhibited', 'd-3 clear storm', 'd-3 raise inhibited', 'd-4 raise inhibited', 'd-4 settle'],
    ]);
    const last = (await fixture.outgoing()).filter(({ topic }) => topic === alarmStateV1.topic.name).at(-1);
    expect(last?.value).toMatchObject({ device: 'd-4', condition: 'active', version: 2 });
    expect(last?.value).not.toHaveProperty('inhibitedBy');
  });

  test('does not begin again out of what it was before somebody cleared it', async () => {
    await fixture.apply(from(1, 5));
    await clearByHand((await storm())?.id ?? '');
    fixture.clock.advance(1);
    await fixture.apply([hot(6)]);
    await place();
    expect((await all()).filter(({ inhibitedBy }) => inhibitedBy !== undefined)).toEqual([]);
    fixture.clock.advance(1);
    await fixture.apply([hot(7), hot(8)]);
    expect((await all()).filter((alarm) => alarm.storm !== undefined)).toHaveLength(2);
  });

  test('is over when its rule is another one, and is no alarm of a device', async () => {
    await fixture.apply(from(1, 4));
    await clearEndedAlarms(fixture.alerting, fixture.alarms, tenant, { device: 'd-3' }, 'device-removed');
    expect(await storm()).toMatchObject({ condition: 'active' });
    await clearEndedAlarms(fixture.alerting, fixture.alarms, tenant, { rule: 'hot', beforeVersion: 2 }, 'rule-changed');
    expect(await storm()).toMatchObject({ condition: 'cleared', clearReason: 'rule-changed' });
  });

  test('is told apart from a wider one, however small the lots in which alarms are placed', async () => {
    const site = { site: 'north', brake: { ...brake, by: 'site' as const } };
    // Two before either storm, then the site's, then the rule's: both cover the first two.
    await fixture.alerting.change((tx) => fixture.alarms.apply(tx, tenant, [hot(1, site), hot(2, site)], () => 5));
    await fixture.alerting.change((tx) =>
      fixture.alarms.apply(tx, tenant, [hot(3, site)], ({ by }) => (by === 'site' ? 4 : 7)),
    );
    await fixture.alerting.change((tx) =>
      fixture.alarms.apply(tx, tenant, [hot(4, { ...site, site: 'south' })], () => 7),
    );
    expect((await all()).filter((alarm) => alarm.storm !== undefined)).toHaveLength(2);
    await place();
    const wide = (await all()).find((alarm) => alarm.storm?.by === 'rule');
    const others = (await all()).filter(({ id }) => id !== wide?.id);
    expect(others.map(({ device, inhibitedBy }) => [device, inhibitedBy])).toEqual(
      others.map(({ device }) => [device, device === 'd-3' ? others.find(({ storm: one }) => one)?.id : wide?.id]),
    );
  });

  test('that cannot be ended or placed holds up no storm of another tenant, however much there is of it', async () => {
    const tenants = ['abc', tenant];
    for (const one of tenants) await fixture.apply(from(1, 4), one);
    for (const one of tenants) await fixture.apply(from(5, 1), one);
    await fixture.query(`UPDATE alarm SET inhibited_by = NULL`);
    // Nothing of it can be published.
    await fixture.query(`UPDATE alarm SET labels = '{"broken": 1}' WHERE tenant = 'abc'`);
    await expect(place()).rejects.toThrow('labels/broken');
    const stormOf = (await storm())?.id;
    const others = (await all()).filter((alarm) => alarm.storm === undefined);
    expect(others.map(({ inhibitedBy }) => inhibitedBy)).toEqual(others.map(() => stormOf));
    await fixture.query(`DELETE FROM alarm WHERE tenant = 'abc' AND storm IS NULL`);
    await fixture.apply([1, 2, 3, 4, 5].map(over));
    fixture.clock.advance(2 * brake.windowMs);
    await expect(end()).rejects.toThrow('labels/broken');
    expect(await storm()).toMatchObject({ condition: 'cleared', clearReason: 'condition' });
  });

  test('is of one tenant', async () => {
    await fixture.apply(from(1, 2));
    await fixture.apply(from(3, 2), 'beta');
    expect(await storm()).toBeUndefined();
  });
});
