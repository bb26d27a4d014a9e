import { traceRequestLimits } from '../../domain/trace-request.js';
import { buryEndedTraceRequests } from '../../persistence/trace-requests.repository.js';
import { publish } from '../../publication/journal.js';
import { traceRequestTombstone } from '../../publication/state-events.js';
import type { Registry } from '../../registry.js';

const requestsAtOnce = 500;

/** Deletes trace requests an hour after their end, with a tombstone for each. Whether it should be called again at once. */
export function forgetTraceRequests(registry: Registry): Promise<boolean> {
  const before = new Date(registry.clock.nowMs() - traceRequestLimits.keptMs);
  return registry.change(async (tx) => {
    const buried = await buryEndedTraceRequests(tx, before, requestsAtOnce);
    const tombstones = buried.map(({ tenant, device, version }) => traceRequestTombstone(tenant, device, version));
    if (tombstones.length > 0) await publish(tx, tombstones);
    return buried.length === requestsAtOnce;
  });
}
