import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { EntityManager } from 'typeorm';
import { Alerting } from '../src/alerting.js';
import type { AlarmCommand } from '../src/domain/alarms/alarm.js';
import type { Found } from '../src/domain/alarms/found.js';
import type { DispatchNotifications } from '../src/features/dispatch-notifications/dispatch-notifications.js';
import { handleAlarm } from '../src/features/handle-alarm/handle-alarm.handler.js';
import { forgetAlarms } from '../src/features/keep-alarms/forget-alarms.js';
import { createSilence, expireSilence } from '../src/features/manage-silences/silences.handler.js';
import { settleAlarms } from '../src/features/keep-alarms/settle-alarms.js';
import { cleared, idOf, raised, tenant } from './alarms-fixture.js';
import { type NotifyingFixture, aPolicyDefinition, operatorOf, useNotifying } from './notifying-fixture.js';

let fixture: NotifyingFixture;
let one: DispatchNotifications;
beforeAll(async () => {
  fixture = await useNotifying();
});
afterAll(() => fixture.database.dispose());
beforeEach(async () => {
  await fixture.clear();
  one = fixture.dispatching();
});

const raise = (device: string, startMs = 1_000) => raised({ device, startMs, atMs: startMs });
const clear = (device: string, startMs = 1_000) => cleared({ device, startMs, atMs: startMs + 500 });
const handle = (found: Found, command: AlarmCommand) =>
  handleAlarm(fixture.alerting, fixture.alarms, operatorOf(tenant), { id: idOf(found), command, ifMatch: '*' });
const inMs = (ms: number): number => fixture.clock.nowMs() + ms;

describe('what becomes of an alarm', () => {
  test('it is told once after group_wait, and once when it is over', async () => {
    await fixture.putPolicy(aPolicyDefinition());
    await fixture.apply([raise('d-1')]);
    await fixture.pass(one, 10);
    expect(await fixture.told()).toEqual(['first notification: d-1 |']);
    await fixture.apply([clear('d-1')]);
    await fixture.pass(one, 10);
    expect(await fixture.told()).toEqual(['first notification: d-1 |', 'all alerts resolved:  | d-1']);
    expect(await fixture.known()).toEqual([]);
    expect(await fixture.query('SELECT FROM dispatch_queue')).toEqual([]);
  });

  test('raised and cleared before anybody looked, nobody hears of it', async () => {
    await fixture.putPolicy(aPolicyDefinition());
    await fixture.apply([raise('d-1'), clear('d-1')]);
    await fixture.pass(one, 10);
    expect(await fixture.told()).toEqual([]);
  });

  test('what is said of it after its clear ends nothing of the next one', async () => {
    await fixture.putPolicy(aPolicyDefinition());
    await fixture.apply([raise('d-1'), clear('d-1'), raise('d-1', 3_000)]);
    await handle(clear('d-1'), { kind: 'acknowledge' });
    await fixture.pass(one, 10);
    await handle(clear('d-1'), { kind: 'comment', text: 'it was the valve' });
    await fixture.pass(one, 10);
    expect(await fixture.told()).toEqual(['first notification: d-1 |']);
    expect(await fixture.known()).toEqual(['d-1']);
  });

  test('shelved it is not told, acknowledged it is not repeated, cleared by hand it is over', async () => {
    await fixture.putPolicy(aPolicyDefinition({ groupBy: ['device'] }));
    await fixture.apply([raise('shelved'), raise('known'), raise('ended')]);
    await handle(raise('shelved'), { kind: 'shelve', untilMs: inMs(40_000) });
    await fixture.pass(one, 10);
    await handle(raise('known'), { kind: 'acknowledge' });
    await handle(raise('ended'), { kind: 'clear', reason: 'replaced' });
    await fixture.pass(one, 20);
    const told = ['all alerts resolved:  | ended', 'first notification: ended |', 'first notification: known |'];
    expect((await fixture.told()).sort()).toEqual(told);
    await fixture.pass(one, 90);
    expect((await fixture.told()).sort()).toEqual([
      ...told,
      'first notification: shelved |',
      'repeat interval elapsed: shelved |',
    ]);
    await handle(raise('known'), { kind: 'unacknowledge' });
    await fixture.pass(one, 10);
    expect(await fixture.told()).toContain('repeat interval elapsed: known |');
  });

  test('while it flaps nothing more is told of it, and when it has been steady, that it is over', async () => {
    await fixture.putPolicy(aPolicyDefinition({ repeatIntervalMs: 86_400_000 }));
    const told: number[] = [];
    for (let turn = 0; turn < 12; turn += 1) {
      await fixture.apply([raise('d-1', 10_000 * turn)]);
      await fixture.pass(one, 6);
      await fixture.apply([clear('d-1', 10_000 * turn)]);
      await fixture.pass(one, 6);
      told.push((await fixture.told()).length);
    }
    // It takes some turns until it flaps. From then on nothing is said.
    expect(told[1]).toBeGreaterThan(1);
    expect(told.slice(7)).toEqual(told.slice(7).map(() => told[7]));
    for (let minute = 0; minute < 25; minute += 1) {
      await settleAlarms(fixture.alerting);
      await fixture.pass(one, 0);
      fixture.clock.advance(60_000);
    }
    expect((await fixture.told()).slice(told[7])).toEqual(['all alerts resolved:  | d-1']);
    expect(await fixture.known()).toEqual([]);
  });
});

describe('policies and silences', () => {
  test('a silence mutes from the next look on, in whatever process, and until it is ended', async () => {
    await fixture.putPolicy(aPolicyDefinition({ groupBy: ['device'] }));
    await fixture.apply([raise('d-0')]);
    await fixture.pass(one, 2);
    const body = {
      matchers: [{ name: 'device', operator: '=', value: 'd-1' }],
      ...{ endsAt: new Date(inMs(3_600_000)).toISOString(), comment: 'works' },
    };
    const silence = await createSilence(fixture.alerting, operatorOf(tenant), body);
    await createSilence(fixture.alerting, operatorOf('globex'), {
      ...body,
      matchers: [{ ...body.matchers[0], value: 'd-2' }],
    });
    await fixture.apply([raise('d-1'), raise('d-2')]);
    await fixture.pass(one, 10);
    expect((await fixture.told()).sort()).toEqual(['first notification: d-0 |', 'first notification: d-2 |']);
    await expireSilence(fixture.alerting, operatorOf(tenant), silence.id);
    await fixture.pass(one, 10);
    expect(await fixture.told()).toContain('first notification: d-1 |');
  });

  test('of the first policy on, everything that is active is told, also what was raised while it was put', async () => {
    await fixture.apply([raise('before'), raise('over')]);
    await fixture.apply([clear('over')]);
    await fixture.pass(one, 2);
    expect(await fixture.query('SELECT FROM dispatch_queue')).toEqual([]);
    const late = held((tx) => fixture.alarms.apply(tx, tenant, [raise('late')]));
    await late.isUnderWay;
    await fixture.putPolicy(aPolicyDefinition());
    await fixture.pass(one, 1);
    await late.commit();
    await fixture.pass(one, 10);
    expect(await fixture.known()).toEqual(['before', 'late']);
    expect(await fixture.told()).toEqual(['first notification: before |', 'new alerts added: before late |']);
  });

  test('another policy is followed at once, and tells nothing twice', async () => {
    await fixture.putPolicy(aPolicyDefinition());
    await fixture.apply([raise('d-1')]);
    await fixture.pass(one, 10);
    await fixture.putPolicy(aPolicyDefinition({}, { inhibitRules: [] }));
    await fixture.pass(one, 10);
    expect(await fixture.told()).toHaveLength(1);
    const [receiver] = aPolicyDefinition().receivers;
    await fixture.putPolicy(aPolicyDefinition({ receiver: 'duty' }, { receivers: [{ ...receiver, name: 'duty' }] }));
    await fixture.pass(one, 3);
    expect(await fixture.query('SELECT receiver FROM delivery ORDER BY notified_at')).toEqual([
      { receiver: 'hook' },
      { receiver: 'duty' },
    ]);
  });

  test('one tenant whose policy cannot be read holds up nobody else, and is told everything when it can', async () => {
    await fixture.putPolicy(aPolicyDefinition());
    await fixture.putPolicy(aPolicyDefinition(), 'aaa');
    await fixture.query(`UPDATE notification_policy SET definition = '{"of": "tomorrow"}' WHERE tenant = 'aaa'`);
    await fixture.apply([raise('d-1')]);
    await fixture.apply([raise('d-1')], 'aaa');
    await expect(one.step()).rejects.toMatchObject({ code: 'policy.unreadable', retryable: true });
    fixture.clock.advance(1_000);
    await expect(one.step()).rejects.toThrow();
    expect([await fixture.told(), await fixture.told('aaa')]).toEqual([['first notification: d-1 |'], []]);
    await fixture.putPolicy(aPolicyDefinition({ groupBy: ['site'] }), 'aaa');
    await fixture.pass(one, 2);
    expect(await fixture.told('aaa')).toEqual(['first notification: d-1 |']);
  });

  test('more tenants whose policies cannot be read than are looked at in one step hold up nobody else', async () => {
    const failing = Array.from({ length: 101 }, (_, index) => `aaa-${index}`);
    for (const of of failing) {
      await fixture.putPolicy(aPolicyDefinition(), of);
      await fixture.apply([raise('d-1')], of);
    }
    await fixture.query(`UPDATE notification_policy SET definition = '{"of": "tomorrow"}'`);
    await fixture.putPolicy(aPolicyDefinition({ groupWaitMs: 0 }));
    await fixture.apply([raise('d-1')]);
    for (let step = 0; step < 3; step += 1) await expect(one.step()).rejects.toThrow();
    expect(await fixture.told()).toEqual(['first notification: d-1 |']);
  });
});

describe('nothing is left out or told twice', () => {
  test('a change that is committed after later ones is not passed over', async () => {
    await fixture.putPolicy(aPolicyDefinition());
    const late = held((tx) => fixture.alarms.apply(tx, tenant, [raise('late')]));
    await late.isUnderWay;
    await fixture.apply([raise('early')]);
    await fixture.pass(one, 3);
    await late.commit();
    await fixture.pass(one, 10);
    expect(await fixture.told()).toEqual(['first notification: early |', 'new alerts added: early late |']);
  });

  test('an alarm is kept until it is looked at', async () => {
    await fixture.putPolicy(aPolicyDefinition());
    await fixture.apply([raise('d-1')]);
    await fixture.pass(one, 3);
    await fixture.apply([clear('d-1')]);
    fixture.clock.advance(1_000);
    await forgetAlarms(fixture.alerting, 0);
    await fixture.pass(one, 10);
    expect(await fixture.told()).toContain('all alerts resolved:  | d-1');
    await forgetAlarms(fixture.alerting, 0);
    expect(await fixture.query('SELECT FROM alarm')).toEqual([]);
  });

  test('dispatchers end with what is active, however many transactions and processes there are at once', async () => {
    await fixture.putPolicy(aPolicyDefinition({ groupWaitMs: 3_600_000 }));
    const devices = Array.from({ length: 6 }, (_, index) => `d-${index}`);
    const writing = devices.map(async (device, index) => {
      for (let turn = 0; turn < 12; turn += 1) {
        await fixture.apply([raise(device, 10_000 * turn)]);
        if (turn % 3 === 1) await handle(raise(device, 10_000 * turn), { kind: 'acknowledge' }).catch(() => undefined);
        if (turn < 11 || index % 2 === 0) await fixture.apply([clear(device, 10_000 * turn)]);
      }
    });
    let open = true;
    const dispatching = [0, 1].map(async () => {
      while (open) await fixture.dispatching({ leaseMs: 1 }).step();
    });
    await Promise.all(writing);
    open = false;
    await Promise.all(dispatching);
    fixture.clock.advance(3_600_000);
    await fixture.query('UPDATE flapping SET settles_at = NULL');
    await fixture.query('UPDATE dispatcher SET owner = NULL');
    await fixture.pass(one, 1);
    const active = await fixture.query<{ device: string }>(
      `SELECT device FROM alarm WHERE condition = 'active' ORDER BY device`,
    );
    expect(active.map(({ device }) => device)).toEqual(['d-1', 'd-3', 'd-5']);
    const firing = (await fixture.told()).at(-1);
    expect(firing).toMatch(/^first notification: d-1 d-3 d-5 \|/);
  }, 60_000);

  test('of two processes one has a tenant, and the other one goes on with it when that is closed, or dead for long enough', async () => {
    await fixture.putPolicy(aPolicyDefinition());
    const other = fixture.dispatching();
    const leaseEnds = () => fixture.query('UPDATE dispatcher SET owned_until = now()');
    await fixture.apply([raise('d-1')]);
    await one.step();
    await fixture.apply([raise('d-2')]);
    await other.step();
    expect(await fixture.known()).toEqual(['d-1']);
    await leaseEnds();
    await other.step();
    expect(await fixture.known()).toEqual(['d-1', 'd-2']);
    // What each remembers is from before the other one's steps.
    await leaseEnds();
    await fixture.pass(one, 3);
    await leaseEnds();
    await fixture.apply([clear('d-1')]);
    await fixture.pass(other, 10);
    expect(await fixture.told()).toEqual(['first notification: d-1 d-2 |', 'some alerts resolved: d-2 | d-1']);
    await fixture.apply([raise('d-3')]);
    await one.step();
    expect(await fixture.known()).toEqual(['d-2']);
    await other.release();
    await one.step();
    expect(await fixture.known()).toEqual(['d-2', 'd-3']);
  });

  test.each([
    ['before', 'killed'],
    ['after', 'killed'],
    ['before', 'cut off'],
    ['after', 'cut off'],
  ] as const)(
    '%s any of its commits %s, it goes on as if it had not been',
    async (when, how) => {
      const uninterrupted = await aStory((seconds) => fixture.pass(one, seconds));
      expect(uninterrupted.length).toBeGreaterThan(4);
      for (let doomed = 0, isOver = false; !isOver; doomed += 1) {
        await fixture.clear();
        const mortal = new Mortal(when, doomed);
        let process = fixture.dispatching({ alerting: mortal });
        const step = async (): Promise<boolean> => {
          try {
            return await process.step();
          } catch (error) {
            if (!(error instanceof Killed)) throw error;
            if (how === 'killed') process = fixture.dispatching();
            await fixture.query('UPDATE dispatcher SET owned_until = now()');
            return true;
          }
        };
        const told = await aStory(async (seconds) => {
          for (let second = 0; second < seconds; second += 1) {
            while (await step());
            fixture.clock.advance(1_000);
          }
          while (await step());
        });
        expect([doomed, ...told]).toEqual([doomed, ...uninterrupted]);
        isOver = !mortal.hasDied;
      }
    },
    120_000,
  );
});

test('tenants are told of their own alarms, by their own policies, and of nothing else', async () => {
  await fixture.putPolicy(aPolicyDefinition());
  await fixture.putPolicy(aPolicyDefinition({ groupWaitMs: 0 }), 'globex');
  await fixture.apply([raise('d-1')]);
  await fixture.apply([raise('d-2')], 'globex');
  await fixture.apply([raise('d-3')], 'nobody');
  await fixture.pass(one, 10);
  expect([await fixture.told(), await fixture.told('globex'), await fixture.told('nobody')]).toEqual([
    ['first notification: d-1 |'],
    ['first notification: d-2 |'],
    [],
  ]);
});

/** Alarms come and go, and time passes; what is in the ledger then. */
async function aStory(pass: (seconds: number) => Promise<void>): Promise<string[]> {
  await fixture.putPolicy(aPolicyDefinition({ repeatIntervalMs: 10_000 }));
  await fixture.apply([raise('d-1')]);
  await pass(3);
  await fixture.apply([raise('d-2'), clear('d-1')]);
  await pass(20);
  await fixture.apply([raise('d-1', 9_000), clear('d-2')]);
  await pass(7);
  await fixture.apply([clear('d-1', 9_000)]);
  await pass(10);
  return fixture.told();
}

class Killed extends Error {}

/** Dies once, at one of its transactions: when all is done but not committed, or when it is committed and nobody knows. */
class Mortal extends Alerting {
  hasDied = false;
  private count = 0;

  constructor(
    private readonly when: 'before' | 'after',
    private readonly doomed: number,
  ) {
    super(fixture.database.dataSource, fixture.clock, { rulesPerTenant: 1 });
  }

  override async change<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    const dies = this.count === this.doomed;
    this.count += 1;
    this.hasDied ||= dies;
    const result = await super.change(async (tx) => {
      const done = await work(tx);
      if (dies && this.when === 'before') throw new Killed();
      return done;
    });
    if (dies) throw new Killed();
    return result;
  }
}

/** A transaction that has done its work and waits for the word to commit. */
function held(work: (tx: EntityManager) => Promise<unknown>): { isUnderWay: Promise<void>; commit(): Promise<void> } {
  const worked = Promise.withResolvers<void>();
  const allowed = Promise.withResolvers<void>();
  const committed = fixture.alerting.change(async (tx) => {
    await work(tx);
    worked.resolve();
    await allowed.promise;
  });
  committed.catch(worked.reject);
  return {
    isUnderWay: worked.promise,
    commit: () => {
      allowed.resolve();
      return committed;
    },
  };
}
