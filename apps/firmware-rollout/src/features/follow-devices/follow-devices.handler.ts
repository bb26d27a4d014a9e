import type { PayloadOf, deviceStateV1 } from '@myelin/contracts';
import { type EventBatch, PoisonRecord, type ReceivedRecord, headerNames, inTraceOf } from '@myelin/messaging';
import type { EntityManager } from 'typeorm';
import { applyEvent } from '../../assignments/apply-event.js';
import { rolloutOfAssignment } from '../../assignments/carry-out-effects.js';
import type { EndOfDevice } from '../../domain/assignments/assignment.js';
import type { Firmware } from '../../firmware.js';
import { openRolloutsOf } from '../../persistence/assignments.repository.js';
import { type FollowedDevice, deletedDevice, storeDevices } from '../../persistence/devices.repository.js';
import { findRolloutById } from '../../persistence/rollouts.repository.js';

type DeviceState = PayloadOf<typeof deviceStateV1>;

/** Takes over what the registry says of devices; the newest of a batch per device. @throws PersistenceError */
export async function followDevices(firmware: Firmware, batch: EventBatch<DeviceState>): Promise<void> {
  const newest = new Map<string, FollowedDevice & { readonly toldBy: ReceivedRecord }>();
  for (const record of batch.records) {
    const device = deviceOf(record);
    if (device.version > (newest.get(record.key)?.version ?? 0)) newest.set(record.key, { ...device, toldBy: record });
  }
  await firmware.change(async (tx) => {
    await storeDevices(tx, [...newest.values()]);
    for (const device of newest.values()) {
      const reason = endOf(device);
      const nowMs = firmware.clock.nowMs();
      if (reason !== undefined) await inTraceOf(device.toldBy, () => endAssignments(tx, device, reason, nowMs));
    }
  });
}

function endOf({ lifecycle }: FollowedDevice): EndOfDevice | undefined {
  if (lifecycle === 'deleted') return 'device-deleted';
  return lifecycle === 'retired' ? 'device-retired' : undefined;
}

/** Nothing is to be expected of it any more. */
async function endAssignments(
  tx: EntityManager,
  { tenant, device }: FollowedDevice,
  reason: EndOfDevice,
  nowMs: number,
): Promise<void> {
  for (const id of await openRolloutsOf(tx, { tenant, device })) {
    const record = await findRolloutById(tx, id);
    if (record === undefined) continue;
    const event = { kind: 'end-of-device', reason } as const;
    await applyEvent(tx, rolloutOfAssignment(record), { device, event }, nowMs);
  }
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
