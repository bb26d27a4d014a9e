import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { inTransaction } from '@myelin/persistence';
import { type DatabaseFixture, useDatabase } from '@myelin/testing';
import type { EntityManager } from 'typeorm';
import { rolloutOfAssignment } from '../src/assignments/carry-out-effects.js';
import { ActionEntity, AssignmentEntity } from '../src/persistence/assignment.entity.js';
import { findDeviceUpdate } from '../src/persistence/device-updates.repository.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations.js';
import { findRollout } from '../src/persistence/rollouts.repository.js';
import { applyEvents } from '../src/rollouts/apply-events.js';
import { runStep } from '../src/rollouts/run-step.js';
import { EngineStand, definition, watched } from './rollout-engine-fixture.js';

let database: DatabaseFixture;
beforeAll(async () => {
  database = await useDatabase({ service: 'firmware-rollout', migrations, entities });
}, 60_000);
afterAll(() => database?.dispose());

const speed = { kind: 'constant', perMinute: 60_000 } as const;
const whole = definition({ waves: [{ kind: 'percent', percent: 100 }], settings: { ...definition().settings, speed } });

/** On a machine that is so busy that each statement takes this long. */
const slowed = (tx: EntityManager, statementMs: number): EntityManager => watched(tx, () => delay(statementMs));

const counting = (tx: EntityManager, counted: { statements: number }): EntityManager =>
  watched(tx, () => (counted.statements += 1));

async function rolloutOf(stand: EngineStand) {
  const record = await findRollout(database.dataSource.manager, stand.tenant, stand.id);
  if (record === undefined) throw new Error('no such rollout');
  return rolloutOfAssignment(record);
}

describe('steps over many devices', () => {
  test('an abort is answered promptly while a busy machine offers a large wave', async () => {
    const stand = await EngineStand.of(database, whole);
    await stand.addDevices(2_000);
    await stand.start();
    await stand.step();
    let isOver = false;
    const engine = async (): Promise<void> => {
      for (let after = -1; !isOver;) {
        const step = (tx: EntityManager) => runStep(slowed(tx, 10), stand.id, { nowMs: stand.nowMs, after });
        ({ after } = await inTransaction(database.dataSource, step));
      }
    };
    const running = engine();
    try {
      while ((await stand.devices('offered')).length === 0) await delay(20);
      await stand.change(async (tx) => {
        // As in the service; 200 devices one after the other, eight statements each, were 16 s.
        await tx.query(`SET LOCAL lock_timeout = '5s'`);
        await stand.actIn(tx, { kind: 'abort', cause: 'abort', by: 'operator:ada' });
      });
    } finally {
      isOver = true;
      await running;
    }
    expect((await stand.shown()).state).toBe('aborting');
  }, 120_000);

  test('a step that has had its time ends, and the next ones do the rest, each device once', async () => {
    const stand = await EngineStand.of(database, whole);
    await stand.addDevices(25);
    await stand.start();
    await stand.step();
    const offered: number[] = [];
    for (let nth = 0; nth < 3; nth += 1) {
      const counted = { statements: 0 };
      const step = (tx: EntityManager) =>
        runStep(counting(tx, counted), stand.id, { nowMs: stand.nowMs, after: -1, isOver: () => true });
      expect((await stand.change(step)).isChanged).toBe(true);
      offered.push((await stand.devices('offered')).length);
      expect(counted.statements).toBeLessThan(40);
    }
    expect(offered).toEqual([10, 20, 25]);
    const actions = await database.dataSource.manager.findBy(ActionEntity, { rolloutId: stand.id });
    expect(new Set(actions.map(({ device }) => device)).size).toBe(25);
    expect(actions).toHaveLength(25);
    expect((await stand.shown()).tally).toEqual({ offered: 25 });
  }, 60_000);

  test('what happens to many is recorded of each as if it had happened to that one alone', async () => {
    const stand = await EngineStand.of(database, whole);
    const devices = await stand.addDevices(4);
    await stand.start();
    await stand.settle();
    const [first = '', second = '', third = ''] = devices;
    await stand.report(first, 'retrieved');
    await stand.report(second, 'succeeded');
    await stand.report(third, 'proceeding');
    const of = await rolloutOf(stand);
    const event = { kind: 'cancel', cause: 'operator', by: 'operator:ada', timeoutMs: 60_000 } as const;
    const events = new Map([...devices, 'unknown'].map((device) => [device, event]));
    await stand.change((tx) => applyEvents(tx, of, events, stand.nowMs));
    expect((await stand.shown()).tally).toEqual({ succeeded: 1, 'cancelling/operator': 3 });
    const row = await database.dataSource.manager.findOneByOrFail(AssignmentEntity, {
      ...{ rolloutId: stand.id, device: first },
    });
    expect(row).toMatchObject({ version: 4, resumesAs: 'retrieved', reason: 'operator', attempt: 1 });
    expect(row.dueAt?.getTime()).toBe(stand.nowMs + 60_000);
    const [entry] = await database.dataSource.query(
      `SELECT kind, from_state, to_state, actor, version, action_id FROM assignment_entry
       WHERE rollout_id = $1 AND device = $2 ORDER BY version DESC LIMIT 1`,
      [stand.id, first],
    );
    expect(entry).toEqual({
      ...{ kind: 'cancel', from_state: 'retrieved', to_state: 'cancelling', actor: 'operator:ada', version: 4 },
      action_id: row.actionId,
    });
    expect(await findDeviceUpdate(database.dataSource.manager, { tenant: stand.tenant, device: first })).toMatchObject({
      ...{ shown: 'cancel', actionId: row.actionId },
    });
    stand.nowMs += 120_000;
    const late = { kind: 'time-out', timeoutMs: 60_000 } as const;
    await stand.change((tx) => applyEvents(tx, of, new Map([[third, late]]), stand.nowMs));
    const [installation] = await database.dataSource.query(
      'SELECT state, doubted_action IS NOT NULL AS doubted FROM installation WHERE tenant = $1 AND device = $2',
      [stand.tenant, third],
    );
    expect(installation).toEqual({ state: 'failed', doubted: true });
    const [told] = await database.dataSource.query('SELECT count(*)::integer AS records FROM outbox WHERE key = $1', [
      Buffer.from(`${stand.tenant}/${first}`),
    ]);
    // Offered, retrieved, to stop: each is told, and what the device is shown twice.
    expect(told).toEqual({ records: 5 });
  }, 60_000);

  test('an abort reaches everybody, page by page, those at work first', async () => {
    const slow = definition({
      ...{ waves: [{ kind: 'count', count: 20 }], isDynamic: false },
      settings: { ...definition().settings, speed: { kind: 'constant', perMinute: 60 } },
    });
    const stand = await EngineStand.of(database, slow);
    await stand.addDevices(2_500);
    await stand.start();
    await stand.step();
    await stand.step();
    const atWork = await stand.devices('offered');
    expect(atWork).toHaveLength(10);
    await stand.act({ kind: 'abort', cause: 'abort', by: 'operator:ada' });
    const step = (after: number) =>
      stand.change((tx) => runStep(tx, stand.id, { nowMs: stand.nowMs, after, isOver: () => false }));
    const { after } = await step(-1);
    expect(new Set(await stand.devices('cancelling'))).toEqual(new Set(atWork));
    const { tally } = await stand.shown();
    expect(tally).toEqual({ 'cancelling/abort': 10, 'cancelled/abort': 990, planned: 1_500 });
    expect(after).toBeGreaterThan(0);
    for (let at = after, left = 4; left > 0; left -= 1) ({ after: at } = await step(at));
    expect((await stand.shown()).tally).toEqual({ 'cancelling/abort': 10, 'cancelled/abort': 2_490 });
  }, 60_000);
});

describe('a clock that was ahead and came back', () => {
  const aheadMs = 5 * 3_600_000;

  test('holds up no offers: what it offered in a time to come takes no part of the speed', async () => {
    const settings = { ...definition().settings, speed: { kind: 'constant', perMinute: 60 } as const };
    const stand = await EngineStand.of(database, definition({ waves: [{ kind: 'percent', percent: 100 }], settings }));
    await stand.addDevices(30);
    await stand.start();
    await stand.step();
    stand.nowMs += aheadMs;
    await stand.step();
    expect(await stand.devices('offered')).toHaveLength(10);
    stand.nowMs -= aheadMs;
    await stand.step();
    expect(await stand.devices('offered')).toHaveLength(20);
  });

  test('of two processes whose clocks are a little apart both count what the other one offers', async () => {
    const settings = { ...definition().settings, speed: { kind: 'constant', perMinute: 60 } as const };
    const stand = await EngineStand.of(database, definition({ waves: [{ kind: 'percent', percent: 100 }], settings }));
    await stand.addDevices(30);
    await stand.start();
    await stand.step();
    stand.nowMs += 5_000;
    await stand.step();
    stand.nowMs -= 5_000;
    await stand.step();
    expect(await stand.devices('offered')).toHaveLength(10);
  });

  test('gives no device more time than the rollout does', async () => {
    const stand = await EngineStand.of(database, definition({ waves: [{ kind: 'percent', percent: 100 }] }));
    await stand.addDevices(1);
    await stand.start();
    await stand.step();
    stand.nowMs += aheadMs;
    await stand.step();
    expect((await stand.shown()).tally).toEqual({ offered: 1 });
    stand.nowMs -= aheadMs;
    await stand.step();
    stand.nowMs += 60_000;
    await stand.step();
    expect((await stand.shown()).tally).toEqual({ 'cancelling/timed-out': 1 });
  });

  test('lets no wave soak longer than it is to soak from now on', async () => {
    const advance = [{ kind: 'soak-time', ms: 60_000 }] as const;
    const settings = { ...definition().settings, advance };
    const stand = await EngineStand.of(database, definition({ waves: [{ kind: 'percent', percent: 100 }], settings }));
    await stand.addDevices(1);
    await stand.start();
    await stand.settle();
    await stand.reportAll('succeeded');
    stand.nowMs += aheadMs;
    await stand.step();
    expect((await stand.shown()).waves).toEqual(['soaking']);
    stand.nowMs -= aheadMs;
    await stand.step();
    await stand.step();
    expect((await stand.shown()).waves).toEqual(['soaking']);
    stand.nowMs += 60_000;
    await stand.step();
    expect((await stand.shown()).waves).toEqual(['done']);
  });
});
