import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { assignmentChangedV1 } from '@myelin/contracts';
import { uuidv7 } from '@myelin/kernel';
import { inTransaction } from '@myelin/persistence';
import { type DatabaseFixture, eventProbe, useDatabase } from '@myelin/testing';
import type { EntityManager } from 'typeorm';
import type { RolloutDefinition } from '../src/domain/rollouts/rollout-definition.js';
import { AssignmentEntity } from '../src/persistence/assignment.entity.js';
import { storeDevices } from '../src/persistence/devices.repository.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations.js';
import { runStep } from '../src/rollouts/run-step.js';
import { lookedAtOnce } from '../src/rollouts/join-late.js';
import { startFixture } from './firmware-fixture.js';
import { RegistryWriter } from './devices-fixture.js';
import { EngineStand, aDevice, definition } from './rollout-engine-fixture.js';
import { RolloutStand } from './rollouts-fixture.js';

const isDynamic = true;
const dynamic = (changes: Partial<RolloutDefinition> = {}): RolloutDefinition => {
  const { settings, ...rest } = definition();
  return { ...rest, isDynamic, settings: { ...settings, isDynamic }, ...changes };
};
const whole = { waves: [{ kind: 'percent', percent: 100 }] } as const;

describe('a dynamic rollout', () => {
  let database: DatabaseFixture;
  beforeAll(async () => {
    database = await useDatabase({ service: 'firmware-rollout', migrations, entities });
  }, 60_000);
  afterAll(() => database?.dispose());

  const assignment = (stand: EngineStand, device: string): Promise<AssignmentEntity | null> =>
    database.dataSource.manager.findOneBy(AssignmentEntity, { rolloutId: stand.id, device });
  const entries = async (stand: EngineStand): Promise<unknown[]> =>
    database.dataSource.query(
      'SELECT device, version, kind, from_state, to_state, reason FROM assignment_entry WHERE rollout_id = $1 ORDER BY device, version',
      [stand.id],
    );
  const sizes = async (stand: EngineStand): Promise<number[]> => {
    const sql = 'SELECT devices FROM rollout_wave WHERE rollout_id = $1 ORDER BY wave';
    return (await database.dataSource.query<{ devices: number }[]>(sql, [stand.id])).map(({ devices }) => devices);
  };

  test('takes in whoever is registered later, and leaves out with the reason who may not update', async () => {
    const stand = await EngineStand.of(database, dynamic(whole));
    await stand.addDevices(2);
    await stand.start();
    await stand.settle();
    await stand.store([
      aDevice(stand.tenant, 'new'),
      aDevice(stand.tenant, 'new-camera', { profile: 'camera' }),
      aDevice(stand.tenant, 'new-retired', { lifecycle: 'retired' }),
    ]);
    await stand.settle();
    expect((await stand.shown()).tally).toEqual({ offered: 3, 'skipped/wrong-profile': 1, 'skipped/lifecycle': 1 });
    expect(await sizes(stand)).toEqual([3]);
    expect((await entries(stand)).slice(-4)).toEqual([
      { device: 'new', version: 2, kind: 'join', from_state: 'planned', to_state: 'planned', reason: null },
      { device: 'new', version: 3, kind: 'offer', from_state: 'planned', to_state: 'offered', reason: null },
      ...[['new-camera', 'wrong-profile'] as const, ['new-retired', 'lifecycle'] as const].map(([device, reason]) => ({
        ...{ device, version: 2, kind: 'join', from_state: 'planned', to_state: 'skipped', reason },
      })),
    ]);
    await stand.reportAll('succeeded');
    await stand.settle();
    expect((await stand.shown()).state).toBe('succeeded');
  });

  test('takes in who begins to match by a label or a site, and nobody whom its target does not take', async () => {
    const target = { labels: { line: ['4'] }, sites: ['berlin'] };
    const stand = await EngineStand.of(database, dynamic({ ...whole, target }));
    await stand.addDevices(2, { site: 'berlin', labels: { line: '4' } });
    await stand.store([aDevice(stand.tenant, 'moves', { labels: { line: '4' } }), aDevice(stand.tenant, 'other')]);
    await stand.start();
    await stand.settle();
    await stand.store([aDevice(stand.tenant, 'moves', { version: 2, labels: { line: '4' }, site: 'berlin' })]);
    await stand.store([aDevice(stand.tenant, 'other', { version: 2, labels: { line: '5' }, site: 'berlin' })]);
    await stand.settle();
    expect((await stand.shown()).tally).toEqual({ offered: 3 });
    expect(await assignment(stand, 'other')).toBeNull();
  });

  test('gives a turn to whom the plan has left out when that is over, and to nobody whom an operator left out', async () => {
    const stand = await EngineStand.of(database, dynamic(whole));
    await stand.addDevices(1);
    await stand.store([aDevice(stand.tenant, 'suspended', { lifecycle: 'suspended' })]);
    await stand.start();
    await stand.settle();
    expect((await stand.shown()).tally).toEqual({ offered: 1, 'skipped/lifecycle': 1 });
    await stand.store([aDevice(stand.tenant, 'suspended', { version: 2 })]);
    await stand.settle();
    expect(await assignment(stand, 'suspended')).toMatchObject({ state: 'offered', attempt: 2 });
    await stand.report('suspended', 'succeeded');
    await stand.store([aDevice(stand.tenant, 'suspended', { version: 3, labels: { a: 'b' } })]);
    await stand.settle();
    expect(await assignment(stand, 'suspended')).toMatchObject({ state: 'succeeded', attempt: 2 });
  });

  test('keeps a device in it that stops matching: only what makes the firmware wrong for it leaves it out at its turn', async () => {
    const target = { labels: { line: ['4'] } };
    const stand = await EngineStand.of(database, dynamic({ target }));
    await stand.addDevices(10, { labels: { line: '4' } });
    await stand.start();
    await stand.settle();
    const [working = ''] = await stand.devices('offered');
    const [relabelled = '', replaced = ''] = await stand.devices('planned');
    await stand.store([
      aDevice(stand.tenant, working, { version: 2, profile: 'camera' }),
      aDevice(stand.tenant, relabelled, { version: 2, labels: { line: '5' } }),
      aDevice(stand.tenant, replaced, { version: 2, labels: { line: '4' }, profile: 'camera' }),
    ]);
    await stand.settle();
    expect(await assignment(stand, working)).toMatchObject({ state: 'offered' });
    await stand.reportAll('succeeded');
    await stand.settle();
    expect(await assignment(stand, working)).toMatchObject({ state: 'succeeded' });
    expect(await assignment(stand, relabelled)).toMatchObject({ state: 'offered' });
    expect(await assignment(stand, replaced)).toMatchObject({ state: 'skipped', reason: 'wrong-profile' });
    await stand.store([aDevice(stand.tenant, replaced, { version: 3, labels: { line: '4' } })]);
    await stand.settle();
    expect(await assignment(stand, replaced)).toMatchObject({ state: 'offered', attempt: 2 });
  });

  test('takes each in once, whatever comes again, whoever takes the steps, and whichever step is lost', async () => {
    const stand = await EngineStand.of(database, dynamic(whole));
    await stand.start();
    const late = Array.from({ length: lookedAtOnce + 500 }, (_, nth) => aDevice(stand.tenant, `late-${nth}`));
    await stand.store(late);
    await stand.store(late);
    const killed = new Error('killed');
    const dies = stand.change(async (tx) => {
      await runStep(tx, stand.id, { nowMs: stand.nowMs, after: -1 });
      throw killed;
    });
    await expect(dies).rejects.toBe(killed);
    expect((await stand.shown()).tally).toEqual({});
    const steps = async (): Promise<void> => {
      for (let count = 0; count < 4; count += 1) await stand.step();
    };
    await Promise.all([steps(), steps(), steps()]);
    await steps();
    const { tally } = await stand.shown();
    expect((tally['planned'] ?? 0) + (tally['offered'] ?? 0)).toBe(late.length);
    const joins = (await entries(stand)).filter((entry) => (entry as { kind: string }).kind === 'join');
    expect(joins).toHaveLength(late.length);
    expect(await sizes(stand)).toEqual([late.length]);
    const sql = 'SELECT count(DISTINCT "position")::integer AS places FROM assignment WHERE rollout_id = $1';
    expect(await database.dataSource.query(sql, [stand.id])).toEqual([{ places: late.length }]);
  });

  test('sees a change that is committed after later ones were looked at, and one that the plan did not see', async () => {
    const stand = await EngineStand.of(database, dynamic(whole));
    await stand.addDevices(1);
    const open = async (device: string): Promise<() => Promise<void>> => {
      const commit = Promise.withResolvers<void>();
      const stored = Promise.withResolvers<void>();
      const ended = inTransaction(database.dataSource, async (tx: EntityManager) => {
        await storeDevices(tx, [aDevice(stand.tenant, device)]);
        stored.resolve();
        await commit.promise;
      });
      await stored.promise;
      return () => {
        commit.resolve();
        return ended;
      };
    };
    const commitUnplanned = await open('unplanned');
    await stand.start();
    await commitUnplanned();
    const commitSlow = await open('slow');
    await stand.store([aDevice(stand.tenant, 'quick')]);
    for (let count = 0; count < 3; count += 1) await stand.step();
    await commitSlow();
    await stand.settle();
    expect((await stand.shown()).tally).toEqual({ offered: 4 });
  });

  test('that is paused or waits for an approval takes in who comes meanwhile; a fixed one, or one that is over, nobody', async () => {
    const fixed = await EngineStand.of(database, definition(whole));
    const ended = await EngineStand.of(database, dynamic(whole), { tenant: fixed.tenant });
    for (const stand of [ended, fixed]) {
      await stand.start();
      await stand.settle();
    }
    expect((await ended.shown()).state).toBe('succeeded');
    const [settings] = [dynamic().settings];
    const waiting = await EngineStand.of(
      database,
      dynamic({ ...whole, settings: { ...settings, startApproval: 'anyone' } }),
      { tenant: fixed.tenant },
    );
    await waiting.start();
    await fixed.addDevices(3);
    for (const stand of [ended, fixed, waiting]) await stand.settle();
    expect([(await ended.shown()).tally, (await fixed.shown()).tally]).toEqual([{}, {}]);
    await waiting.act({ kind: 'approve', by: 'operator:bob' });
    await waiting.act({ kind: 'pause', reason: 'operator', detail: 'lunch', by: 'operator:bob' });
    await waiting.settle();
    expect((await waiting.shown()).tally).toEqual({ planned: 3 });
  });
});

test('a device that is registered while a dynamic rollout runs is offered its firmware, and everybody is told', async () => {
  const fixture = await startFixture({ ENGINE_INTERVAL: '50ms' });
  const registry = await RegistryWriter.connect(fixture.kafka.settings);
  const probe = await eventProbe(fixture.kafka.settings, assignmentChangedV1);
  try {
    const stand = await RolloutStand.of(fixture, uuidv7(), 2);
    const path = await stand.started('spring', { dynamic: true, waves: [{ kind: 'percent', percent: 100 }] });
    await stand.devicesIn(path, 'offered', 2);
    await registry.device(stand.tenant, 'late');
    const offered = await stand.devicesIn(path, 'offered', 3);
    expect(offered.map(({ device }) => device)).toContain('late');
    expect(await stand.wavesOf(path)).toMatchObject([{ devices: 3, counts: [{ state: 'offered', devices: 3 }] }]);
    const told = await probe.next(({ payload }) => payload?.device === 'late', 60_000);
    expect(told.payload).toMatchObject({ kind: 'join', version: 2, from: 'planned', to: 'planned', wave: 0 });
  } finally {
    await Promise.all([probe.close(), registry.close()]);
    await fixture.dispose();
  }
}, 180_000);
