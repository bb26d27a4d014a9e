import { preconditionFailed } from '@myelin/service-kit';
import type { DeviceRecord } from '../domain/records.js';
import type { EncodedRecord } from '@myelin/messaging';
import { PersistenceError } from '@myelin/persistence';
import type { EntityManager } from 'typeorm';
import type { Lifecycle } from '../domain/lifecycle.js';
import { updateDevice } from '../persistence/devices.repository.js';
import { timeZones } from '../persistence/tenants.repository.js';
import { problems } from '../problems.js';
import { deviceLifecycleChanged, deviceState } from '../publication/state-events.js';

export interface StoredChange {
  readonly row: DeviceRecord;
  readonly timeZone: string;
  readonly events: readonly EncodedRecord[];
}

/** Stores `row` over version `expectedVersion` and makes its state event. */
export async function storeDevice(
  tx: EntityManager,
  row: DeviceRecord,
  expectedVersion: number,
): Promise<StoredChange> {
  if (!(await updateDevice(tx, row, expectedVersion))) throw preconditionFailed(undefined);
  const timeZone = (await timeZones(tx, row.tenant, [row.site], true))(row.site);
  return { row, timeZone, events: [deviceState(row, timeZone)] };
}

export interface Walk {
  readonly steps: readonly Lifecycle[];
  readonly reason: string;
  readonly actor: string;
  readonly at: Date;
}

/** Leads a device through states, one version each; one event per step and the state after the last. */
export async function walkLifecycle(tx: EntityManager, device: DeviceRecord, walk: Walk): Promise<StoredChange> {
  const { steps, reason, actor, at } = walk;
  const version = device.version + steps.length;
  const row = { ...device, lifecycle: steps.at(-1) ?? device.lifecycle, version, updatedAt: at };
  const stored = await storeDevice(tx, row, device.version);
  const changes = steps.map((to, position) =>
    deviceLifecycleChanged(device.tenant, device.device, {
      ...{ from: steps[position - 1] ?? device.lifecycle, to, reason, actor, at },
      version: device.version + position + 1,
    }),
  );
  return { ...stored, events: [...changes, ...stored.events] };
}

/** A profile or site that does not exist, found by the foreign key, as the refusal that it means. */
export function meaningOfReference(error: unknown): unknown {
  const constraint = error instanceof PersistenceError ? error.details['constraint'] : undefined;
  if (constraint === 'device_profile_fk') return problems.unknownReference('profile');
  if (constraint === 'device_site_fk') return problems.unknownReference('site');
  return error;
}
