import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { uuidv7 } from '@myelin/kernel';
import { inTransaction } from '@myelin/persistence';
import { type DatabaseFixture, useDatabase } from '@myelin/testing';
import { applyEvent } from '../src/assignments/apply-event.js';
import type { DeviceReportKind } from '../src/domain/assignments/device-report.js';
import type { RolloutDefinition } from '../src/domain/rollouts/rollout-definition.js';
import { tallyKeyOf } from '../src/domain/rollouts/tally.js';
import { readCounts } from '../src/persistence/assignment-counts.repository.js';
import { AssignmentEntity } from '../src/persistence/assignment.entity.js';
import { findDeviceUpdate } from '../src/persistence/device-updates.repository.js';
import { type FollowedDevice, storeDevices } from '../src/persistence/devices.repository.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations.js';
import { findRollout, findWaves, insertRollout, lockRollout } from '../src/persistence/rollouts.repository.js';
import { applyAction } from '../src/rollouts/apply-action.js';
import { beginRollout } from '../src/rollouts/begin-rollout.js';
import { runStep } from '../src/rollouts/run-step.js';

const startMs = Date.parse('2026-11-27T08:00:00Z');
const demands = { profile: 'thermometer', version: '2.0.0', hardwareIds: [] };

let database: DatabaseFixture;
beforeAll(async () => {
  database = await useDatabase({ service: 'firmware-rollout', migrations, entities });
}, 60_000);
afterAll(() => database?.dispose());

const change = <T>(work: Parameters<typeof inTransaction<T>>[1]): Promise<T> =>
  inTransaction(database.dataSource, work);

function definition(changes: Partial<RolloutDefinition> = {}): RolloutDefinition {
  return {
    ...{ release: 'thermometer-2', target: {}, isDynamic: false, mode: { kind: 'forced' } },
    waves: [
      { kind: 'percent', percent: 20 },
      { kind: 'percent', percent: 80 },
    ],
    settings: {
      advance: [{ kind: 'success-share', atLeast: 0.9 }],
      pause: [{ kind: 'failure-share', above: 0.2, minimumFailures: 2 }],
      ...{ speed: { kind: 'constant', perMinute: 600 }, timeoutMs: 60_000 },
    },
    ...changes,
  };
}

async function devicesOf(tenant: string, count: number, changes: Partial<FollowedDevice> = {}): Promise<string[]> {
  const devices = Array.from({ length: count }, (_, nth) => `device-${nth}`);
  const known = { version: 1, lifecycle: 'active', profile: 'thermometer', site: null, timeZone: null } as const;
  const rows = devices.map((device) => ({ tenant, device, ...known, labels: {}, metadata: {}, ...changes }));
  await change((tx) => storeDevices(tx, rows));
  return devices;
}

/** One rollout of a tenant of its own, its devices, and the clock of its engine. */
class Stand {
  nowMs = startMs;
  #after = -1;

  private constructor(
    readonly tenant: string,
    readonly id: string,
    private readonly written: RolloutDefinition,
  ) {}

  static async of(written = definition(), options: { tenant?: string; weight?: number } = {}): Promise<Stand> {
    const { tenant = uuidv7(), weight = 1_000 } = options;
    const id = uuidv7();
    const rollout = {
      id,
      weight,
      createdAtMs: startMs,
      settings: written.settings,
      state: 'draft',
      version: 1,
    } as const;
    const record = { tenant, name: id, definition: written, createdBy: 'operator:ada', waitsFor: [], rollout };
    await change((tx) => insertRollout(tx, record));
    return new Stand(tenant, id, written);
  }

  start(): Promise<void> {
    return change(async (tx) => {
      const record = await lockRollout(tx, this.tenant, this.id);
      if (record === undefined) throw new Error('no such rollout');
      await beginRollout(tx, { record, demands, by: 'operator:ada' }, this.nowMs);
    });
  }

  async step(): Promise<boolean> {
    const { isChanged, after } = await change((tx) => runStep(tx, this.id, { nowMs: this.nowMs, after: this.#after }));
    this.#after = after;
    return isChanged;
  }

  /** Until nothing changes any more; the clock goes on by a minute's sixth whenever it does not. */
  async settle(steps = 60): Promise<void> {
    for (let idle = 0, left = steps; idle < 3 && left > 0; left -= 1) {
      idle = (await this.step()) ? 0 : idle + 1;
      if (idle > 0) this.nowMs += 10_001;
    }
  }

  report(device: string, report: DeviceReportKind): Promise<unknown> {
    const { tenant, id, written } = this;
    const of = { id, tenant, rollout: id, release: written.release, releaseVersion: '2.0.0', mode: written.mode };
    const event = { kind: 'report', report, about: 'deployment', timeoutMs: 60_000 } as const;
    return change((tx) => applyEvent(tx, of, { device, event }, this.nowMs));
  }

  async devices(state: string): Promise<string[]> {
    const rows = await database.dataSource.manager.findBy(AssignmentEntity, { rolloutId: this.id });
    return rows.filter((row) => row.state === state).map(({ device }) => device);
  }

  async reportAll(report: DeviceReportKind): Promise<void> {
    for (const device of await this.devices('offered')) await this.report(device, report);
  }

  async shown(): Promise<{ state: string | undefined; waves: string[]; tally: Record<string, number> }> {
    const { manager } = database.dataSource;
    const tally: Record<string, number> = {};
    for (const { devices, ...key } of await readCounts(manager, this.id)) {
      tally[tallyKeyOf(key)] = (tally[tallyKeyOf(key)] ?? 0) + devices;
    }
    const record = await findRollout(manager, this.tenant, this.id);
    const waves = (await findWaves(manager, this.id)).map(({ state }) => state);
    return { state: record?.rollout.state, waves, tally };
  }
}

describe('the engine of rollouts, on a real database', () => {
  test('goes from wave to wave as devices succeed, and ends when all have', async () => {
    const stand = await Stand.of();
    await devicesOf(stand.tenant, 10);
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
    const stand = await Stand.of();
    const devices = await devicesOf(stand.tenant, 20);
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
    const stand = await Stand.of(definition({ waves: [{ kind: 'percent', percent: 100 }] }));
    await devicesOf(stand.tenant, 1);
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
    const stand = await Stand.of(definition({ waves: [{ kind: 'percent', percent: 100 }], settings }));
    await devicesOf(stand.tenant, 40);
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
    const light = await Stand.of(whole, { weight: 1 });
    const heavy = await Stand.of(whole, { weight: 2, tenant: light.tenant });
    await devicesOf(light.tenant, 5);
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
    const stand = await Stand.of(definition({ waves: [{ kind: 'percent', percent: 100 }] }));
    const [first = ''] = await devicesOf(stand.tenant, 3);
    await stand.start();
    const retired = { version: 2, lifecycle: 'retired', profile: 'thermometer', site: null, timeZone: null } as const;
    await change((tx) =>
      storeDevices(tx, [{ tenant: stand.tenant, device: first, ...retired, labels: {}, metadata: {} }]),
    );
    await stand.settle();
    expect((await stand.shown()).tally).toEqual({ 'skipped/lifecycle': 1, offered: 2 });
  });

  test('an abort asks everybody to stop, plans nobody, and ends when nobody is at work', async () => {
    const stand = await Stand.of();
    await devicesOf(stand.tenant, 10);
    await stand.start();
    await stand.settle();
    await change(async (tx) => {
      const record = await lockRollout(tx, stand.tenant, stand.id);
      if (record === undefined) throw new Error('no such rollout');
      const locked = { record, waves: await findWaves(tx, stand.id) };
      await applyAction(tx, locked, { kind: 'abort', cause: 'operator', by: 'operator:ada' }, stand.nowMs);
    });
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
