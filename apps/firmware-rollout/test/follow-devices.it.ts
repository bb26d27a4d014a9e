import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deviceStateV1 } from '@myelin/contracts';
import { type EncodedRecord, createRecordPublisher, encodeEvent } from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';
import { aDeviceState, waitFor } from '@myelin/testing';
import { DeviceEntity } from '../src/persistence/device.entity.js';
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
});
