import type { PayloadOf, gatewayLoadStateV1 } from '@myelin/contracts';
import { type EventBatch, PoisonRecord, type ReceivedRecord, headerNames } from '@myelin/messaging';
import type { Firmware } from '../../firmware.js';
import { type GatewayLoad, storeGatewayLoads } from '../../persistence/rollout-gateways.repository.js';

type LoadState = PayloadOf<typeof gatewayLoadStateV1>;

/** A word is taken for no longer: a gateway's clock may be ahead, and the gateway may have died after it. */
export const maxOverloadMs = 600_000;

/** Takes over until when gateways say that they are overloaded; the newest word of a batch per gateway. @throws PersistenceError */
export async function followGateways(firmware: Firmware, batch: EventBatch<LoadState>): Promise<void> {
  const newest = new Map<string, GatewayLoad>();
  for (const record of batch.records) {
    const load = loadOf(record);
    if (load.version > (newest.get(record.key)?.version ?? 0)) newest.set(record.key, load);
  }
  await firmware.change((tx) => storeGatewayLoads(tx, [...newest.values()]));
}

/** Of a tombstone the gateway is calm. @throws PoisonRecord firmware-rollout.version-missing */
function loadOf(record: ReceivedRecord<LoadState>): GatewayLoad {
  const state = record.payload();
  const gateway = record.key;
  if (state !== null) {
    const untilMs = Math.min(Date.parse(state.overloadedUntil), record.timestampMs + maxOverloadMs);
    return { gateway, version: state.version, overloadedUntilMs: untilMs };
  }
  const version = Number(record.headers[headerNames.version]);
  if (Number.isSafeInteger(version) && version > 0) return { gateway, version, overloadedUntilMs: 0 };
  throw PoisonRecord.at(record.offset, 'firmware-rollout.version-missing', 'a tombstone without its version');
}
