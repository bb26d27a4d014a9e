import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type DatabaseFixture, useDatabase } from '@myelin/testing';
import { findDeviceUpdate } from '../src/persistence/device-updates.repository.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations.js';
import { EngineStand, aDevice, definition } from './rollout-engine-fixture.js';

let database: DatabaseFixture;
beforeAll(async () => {
  database = await useDatabase({ service: 'firmware-rollout', migrations, entities });
}, 60_000);
afterAll(() => database?.dispose());

describe('the engine of rollouts, on a real database', () => {
  test('goes from wave to wave as devices succeed, and ends when all have', async () => {
    const stand = await EngineStand.of(database);
    await stand.addDevices(10);
    await stand.start();
    await stand.settle();
    expect(await stand.shown()).toMatchObject({ waves: ['running', 'pending'], tally: { offered: 2, planned: 8 } });
    await stand.reportAll('succeeded');
    await stand.settle();
    expect(await stand.shown()).toMatchObject({ waves: ['done', 'running'], tally: { succeeded: 2, offered: 8 } });
    await stand.reportAll('succeeded');
    await stand.settle();
    expect(await stand.shown()).toEqual({ state: 'succeeded', waves: ['done', 'done'], tally: { succeeded: 10 } });
  });

  test('pauses by itself when too many of the canary fail, and touches nobody else', async () => {
    const stand = await EngineStand.of(database);
    const devices = await stand.addDevices(20);
    await stand.start();
    await stand.settle();
    const canaries = await stand.devices('offered');
    expect(canaries).toHaveLength(4);
    for (const device of canaries) await stand.report(device, 'failed');
    await stand.settle();
    expect(await stand.shown()).toEqual({
      ...{ state: 'paused', waves: ['running', 'pending'], tally: { 'failed/reported': 4, planned: 16 } },
    });
    for (const device of devices) {
      const told = await findDeviceUpdate(database.dataSource.manager, { tenant: stand.tenant, device });
      expect(told?.shown).toBe(canaries.includes(device) ? 'nothing' : undefined);
    }
  });

  test('a device that says nothing is asked to stop when its time is up, and given up when it does not answer', async () => {
    const stand = await EngineStand.of(database, definition({ waves: [{ kind: 'percent', percent: 100 }] }));
    await stand.addDevices(1);
    await stand.start();
    await stand.step();
    await stand.step();
    expect((await stand.shown()).tally).toEqual({ offered: 1 });
    stand.nowMs += 60_000;
    await stand.step();
    expect((await stand.shown()).tally).toEqual({ 'cancelling/timed-out': 1 });
    stand.nowMs += 60_000;
    await stand.step();
    expect((await stand.shown()).tally).toEqual({ 'failed/timed-out': 1 });
  });

  test('offers no more devices a minute than it may, whoever takes the steps', async () => {
    const settings = { ...definition().settings, speed: { kind: 'constant', perMinute: 12 } as const };
    const stand = await EngineStand.of(database, definition({ waves: [{ kind: 'percent', percent: 100 }], settings }));
    await stand.addDevices(40);
    await stand.start();
    const steps = async (): Promise<void> => {
      for (let count = 0; count < 5; count += 1) await stand.step();
    };
    await Promise.all([steps(), steps(), steps()]);
    expect(await stand.devices('offered')).toHaveLength(2);
    for (let second = 0; second < 59; second += 1) {
      stand.nowMs += 1_000;
      await stand.step();
    }
    expect(await stand.devices('offered')).toHaveLength(12);
  });

  test('of two rollouts that want the same devices the heavier one has them first, the other one afterwards', async () => {
    const whole = definition({ waves: [{ kind: 'percent', percent: 100 }] });
    const light = await EngineStand.of(database, whole, { weight: 1 });
    const heavy = await EngineStand.of(database, whole, { weight: 2, tenant: light.tenant });
    await light.addDevices(5);
    await light.start();
    await heavy.start();
    for (let count = 0; count < 4; count += 1) await Promise.all([light.step(), heavy.step()]);
    await heavy.settle();
    await light.settle();
    expect((await heavy.shown()).tally).toEqual({ offered: 5 });
    expect((await light.shown()).tally).toEqual({ planned: 5 });
    await heavy.reportAll('failed');
    await light.settle();
    expect((await light.shown()).tally).toEqual({ offered: 5 });
  });

  test('what becomes of devices before their turn is seen then: they are skipped with the reason', async () => {
    const stand = await EngineStand.of(database, definition({ waves: [{ kind: 'percent', percent: 100 }] }));
    const [first = ''] = await stand.addDevices(3);
    await stand.start();
    await stand.store([aDevice(stand.tenant, first, { version: 2, lifecycle: 'retired' })]);
    await stand.settle();
    expect((await stand.shown()).tally).toEqual({ 'skipped/lifecycle': 1, offered: 2 });
  });

  test('an abort asks everybody to stop, plans nobody, and ends when nobody is at work', async () => {
    const stand = await EngineStand.of(database);
    await stand.addDevices(10);
    await stand.start();
    await stand.settle();
    await stand.act({ kind: 'abort', cause: 'operator', by: 'operator:ada' });
    await stand.step();
    const told = await findDeviceUpdate(database.dataSource.manager, {
      ...{ tenant: stand.tenant, device: (await stand.devices('cancelling'))[0] ?? '' },
    });
    expect(told).toMatchObject({ shown: 'cancel', version: 2 });
    expect((await stand.shown()).tally).toEqual({ 'cancelled/operator': 8, 'cancelling/operator': 2 });
    for (const device of await stand.devices('cancelling')) await stand.report(device, 'cancelled');
    await stand.settle();
    expect(await stand.shown()).toMatchObject({ state: 'aborted', tally: { 'cancelled/operator': 10 } });
  });
});
