import { metrics, observeCounts } from '@myelin/observability';
import { countByLifecycle } from '../../persistence/device-counts.repository.js';
import type { Registry } from '../../registry.js';

/** A scan of the table: a second for ten million devices. */
const everyMs = 60_000;

/** How many devices there are, by the state of their life. @returns ends it */
export function countDevices(registry: Registry): () => void {
  return observeCounts(metrics.devices, () => registry.read(countByLifecycle), everyMs);
}
