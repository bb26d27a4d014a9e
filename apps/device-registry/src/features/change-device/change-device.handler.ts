import type { DeviceRecord } from '../../domain/records.js';
import { type Operator, requireIfMatch, actorOf } from '@myelin/service-kit';
import { type StoredChange, meaningOfReference, storeDevice } from '../../devices/device-changes.js';
import { faultInLabels, faultInMetadata, mergePatch } from '../../domain/free-content.js';
import { lockDevice } from '../../persistence/devices.repository.js';
import { problems } from '../../problems.js';
import { journal } from '../../publication/journal.js';
import type { Registry } from '../../registry.js';
import type { DevicePatch } from './device-patch.dto.js';

export interface ChangeDevice {
  readonly device: string;
  readonly patch: DevicePatch;
  readonly ifMatch: string | undefined;
}

export async function changeDevice(
  registry: Registry,
  operator: Operator,
  { device, patch, ifMatch }: ChangeDevice,
): Promise<StoredChange> {
  const { tenant } = operator;
  try {
    return await registry.change(async (tx) => {
      const before = await lockDevice(tx, tenant, device);
      if (before === null) throw problems.notFound('device');
      requireIfMatch(ifMatch, before.version);
      const row = { ...patched(before, patch), version: before.version + 1, updatedAt: registry.now() };
      const change = await storeDevice(tx, row, before.version);
      const action = { tenant, actor: actorOf(operator), action: 'device.change', entity: device };
      await journal(tx, registry.clock, action, change.events);
      return change;
    });
  } catch (error) {
    throw meaningOfReference(error);
  }
}

function patched(before: DeviceRecord, patch: DevicePatch): DeviceRecord {
  const labels = merged(before.labels, patch.labels);
  const metadata = merged(before.metadata, patch.metadata);
  const labelFault = faultInLabels(labels);
  if (labelFault !== undefined) throw problems.invalid('/labels', labelFault);
  const metadataFault = faultInMetadata(metadata);
  if (metadataFault !== undefined) throw problems.invalid('/metadata', metadataFault);
  return {
    ...before,
    labels: labels as Record<string, string>,
    metadata,
    profile: patch.profile ?? before.profile,
    site: patch.site === undefined ? before.site : patch.site,
  };
}

function merged(before: Record<string, unknown>, patch: object | null | undefined): Record<string, unknown> {
  if (patch === undefined) return before;
  return patch === null ? {} : (mergePatch(before, patch) as Record<string, unknown>);
}
