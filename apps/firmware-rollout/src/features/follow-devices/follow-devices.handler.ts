import type { PayloadOf, deviceStateV1 } from '@myelin/contracts';
import { type EventBatch, PoisonRecord, type ReceivedRecord, headerNames } from '@myelin/messaging';
import type { Firmware } from '../../firmware.js';
import { type FollowedDevice, deletedDevice, storeDevices } from '../../persistence/devices.repository.js';

type DeviceState = PayloadOf<typeof deviceStateV1>;

/** Takes over what the registry says of devices; the newest of a batch per device. @throws PersistenceError */
export async function followDevices(firmware: Firmware, batch: EventBatch<DeviceState>): Promise<void> {
  const newest = new Map<string, FollowedDevice>();
  for (const record of batch.records) {
    const device = deviceOf(record);
    if (device.version > (newest.get(record.key)?.version ?? 0)) newest.set(record.key, device);
  }
  await firmware.change((tx) => storeDevices(tx, [...newest.values()]));
}

/** @throws PoisonRecord firmware-rollout.version-missing: a tombstone tells its version in a header, or nothing of its order */
function deviceOf(record: ReceivedRecord<DeviceState>): FollowedDevice {
  const state = record.payload();
  const [tenant = '', device = ''] = record.key.split('/');
  if (state !== null) {
    const { version, lifecycle, profile, site = null, timeZone = null, labels, metadata } = state;
    return { ...{ tenant, device, version, lifecycle, profile, site, timeZone, labels, metadata } };
  }
  const version = Number(record.headers[headerNames.version]);
  if (!Number.isSafeInteger(version) || version < 1) {
    throw PoisonRecord.at(record.offset, 'firmware-rollout.version-missing', 'a tombstone without its version');
  }
  return { tenant, device, version, ...deletedDevice };
}
