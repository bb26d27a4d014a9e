import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deviceStateV1 } from '@myelin/contracts';
import { type EncodedRecord, createRecordPublisher, encodeEvent } from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';
import { aDeviceState, waitFor } from '@myelin/testing';
import { uuidv7 } from '@myelin/kernel';
import { inTransaction } from '@myelin/persistence';
import { applyEvent } from '../src/assignments/apply-event.js';
import { rolloutOfAssignment } from '../src/assignments/carry-out-effects.js';
import { planAssignments } from '../src/assignments/plan-assignments.js';
import type { RolloutDefinition } from '../src/domain/rollouts/rollout-definition.js';
import type { Rollout } from '../src/domain/rollouts/rollout.js';
import { AssignmentEntity } from '../src/persistence/assignment.entity.js';
import { nextActionId } from '../src/persistence/assignments.repository.js';
import { findDeviceUpdate } from '../src/persistence/device-updates.repository.js';
import { DeviceEntity } from '../src/persistence/device.entity.js';
import { insertRollout } from '../src/persistence/rollouts.repository.js';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';

let fixture: FirmwareFixture;
beforeAll(async () => (fixture = await startFixture()), 60_000);
afterAll(() => fixture?.dispose(), 30_000);

/** @param changes null = the registry deletes its record */
function state(device: string, version: number, changes: object | null = {}): EncodedRecord {
  const payload = changes === null ? null : aDeviceState({ tenant: 'acme', device, version, ...changes });
  return encodeEvent({ contract: deviceStateV1, key: `acme/${device}`, payload, version }, '/registry/test');
}

async function publish(records: readonly EncodedRecord[]): Promise<void> {
  const publisher = createRecordPublisher(fixture.kafka.settings, silentLogger);
  await publisher.send(records);
  await publisher.close();
}

const stored = (device: string): Promise<DeviceEntity | null> =>
  fixture.database.dataSource.manager.findOneBy(DeviceEntity, { tenant: 'acme', device });
const until = (device: string, version: number): Promise<unknown> =>
  waitFor(async () => (await stored(device))?.version === version, { timeoutMs: 30_000, what: `${device} ${version}` });

describe('what the registry says of devices', () => {
  test('is stored with its newest version, whatever comes again or late', async () => {
    await publish([
      state('lamp', 1, { site: undefined, timeZone: undefined }),
      state('lamp', 3, { labels: { ring: 'canary' }, metadata: { hardware: 'board:1.0' }, lifecycle: 'quarantined' }),
      state('lamp', 2),
    ]);
    await until('lamp', 3);
    await publish([state('lamp', 2), state('lamp', 3), state('after', 1)]);
    await until('after', 1);
    expect(await stored('lamp')).toMatchObject({
      ...{ version: 3, lifecycle: 'quarantined', profile: 'thermometer', site: 'plant-1', timeZone: 'Europe/Berlin' },
      ...{ labels: { ring: 'canary' }, metadata: { hardware: 'board:1.0' } },
    });
  });

  test('a device that was deleted stays known as such, and does not come back with what is older', async () => {
    await publish([state('gone', 4), state('gone', 5, null)]);
    await until('gone', 5);
    await publish([state('gone', 4), state('marker', 1)]);
    await until('marker', 1);
    expect(await stored('gone')).toMatchObject({ version: 5, lifecycle: 'deleted', labels: {} });
    await publish([state('gone', 6)]);
    await until('gone', 6);
    expect(await stored('gone')).toMatchObject({ lifecycle: 'active' });
  });

  test('what cannot be read is parked, and the others are followed', async () => {
    const broken: EncodedRecord = { ...state('broken', 1), value: Buffer.from('{"tenant":"acme"}') };
    await publish([broken, state('whole', 1)]);
    await until('whole', 1);
    expect(await stored('broken')).toBeNull();
  });

  test('a device that is retired or deleted leaves every rollout: whoever waits is skipped, whoever is at work is let go', async () => {
    const { manager } = fixture.database.dataSource;
    const names = { id: uuidv7(), tenant: 'acme', rollout: 'all' };
    const rollout: Rollout = {
      ...{ id: names.id, weight: 1, createdAtMs: 0, state: 'running', version: 2 },
      settings: { advance: [], pause: [], speed: { kind: 'constant', perMinute: 1 }, timeoutMs: 60_000 },
    };
    const definition: RolloutDefinition = {
      ...{
        release: 'r',
        target: {},
        isDynamic: false,
        waves: [],
        mode: { kind: 'forced' },
        settings: rollout.settings,
      },
    };
    const record = { tenant: 'acme', name: 'all', definition, createdBy: 'operator:ada', waitsFor: [], rollout };
    await publish([state('waiting', 1), state('working', 1)]);
    await until('working', 1);
    await inTransaction(fixture.database.dataSource, async (tx) => {
      await insertRollout(tx, record);
      const planned = ['waiting', 'working'].map((device, position) => ({ device, wave: 0, position }));
      await planAssignments(tx, { ...names, isDownloadOnly: false }, planned, 0);
      const event = { kind: 'offer', actionId: await nextActionId(tx), timeoutMs: 60_000 } as const;
      await applyEvent(tx, rolloutOfAssignment(record), { device: 'working', event }, Date.now());
    });
    await publish([state('waiting', 2, null), state('working', 2, { lifecycle: 'retired' })]);
    await until('waiting', 2);
    await until('working', 2);
    const rows = await manager.findBy(AssignmentEntity, { rolloutId: names.id });
    expect(rows.map(({ device, state: of, reason }) => [device, of, reason]).sort()).toEqual([
      ['waiting', 'skipped', 'device-deleted'],
      ['working', 'cancelled', 'device-retired'],
    ]);
    expect(await findDeviceUpdate(manager, { tenant: 'acme', device: 'working' })).toMatchObject({ shown: 'nothing' });
  });
});
