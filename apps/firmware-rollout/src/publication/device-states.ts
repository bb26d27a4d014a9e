import { installationStateV1, updateStateV1 } from '@myelin/contracts';
import { type EncodedRecord, encodeEvent } from '@myelin/messaging';
import { publisherSource } from '../identity.js';
import type { DeviceUpdate } from '../persistence/device-updates.repository.js';
import type { Installation } from '../persistence/installations.repository.js';

export function updateState(update: DeviceUpdate, timeMs: number): EncodedRecord {
  const { tenant, device, version, shown, actionId, mode, forcedFrom, installedActionId, wantsAttributes } = update;
  const { unconfirmedActionId, windows, begun } = update;
  const payload = {
    ...{ tenant, device, shown, wantsAttributes, version },
    ...(actionId === null ? {} : { action: actionId }),
    ...(mode === null ? {} : { mode }),
    ...(forcedFrom === null ? {} : { forcedFrom: forcedFrom.toISOString() }),
    ...(windows === null ? {} : { windows }),
    ...(begun === null || begun === 'no' ? {} : { begun }),
    ...(installedActionId === null ? {} : { installed: installedActionId }),
    ...(unconfirmedActionId === null ? {} : { unconfirmed: unconfirmedActionId }),
  };
  const event = { contract: updateStateV1, key: `${tenant}/${device}`, payload, timeMs, version };
  return encodeEvent(event, publisherSource);
}

export function installationState(of: Installation, timeMs: number): EncodedRecord {
  const { tenant, device, version, installation, firmware, state, startedAt, expectedUntil, endedAt } = of;
  const payload = {
    ...{ tenant, device, installation, firmware, state, version },
    ...{ startedAt: startedAt.toISOString(), expectedUntil: expectedUntil.toISOString() },
    ...(endedAt === null ? {} : { endedAt: endedAt.toISOString() }),
  };
  const event = { contract: installationStateV1, key: `${tenant}/${device}`, payload, timeMs, version };
  return encodeEvent(event, publisherSource);
}
