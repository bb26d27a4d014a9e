import { forgetAudit, forgetCredentials, forgetIdempotencyKeys } from '../../persistence/retention.repository.js';
import type { Registry } from '../../registry.js';

const dayMs = 86_400_000;
const rowsAtOnce = 5_000;

/** What is deleted when, in milliseconds. */
export const keptMs = { idempotencyKeys: dayMs, audit: 365 * dayMs, endedCredentials: 365 * dayMs };

/** Deletes what is over, at most 5,000 rows of a kind per call. Whether it should be called again at once. */
export function forget(registry: Registry): Promise<boolean> {
  const before = (ageMs: number): Date => new Date(registry.clock.nowMs() - ageMs);
  return registry.change(async (tx) => {
    const counts = [
      await forgetIdempotencyKeys(tx, before(keptMs.idempotencyKeys), rowsAtOnce),
      await forgetAudit(tx, before(keptMs.audit), rowsAtOnce),
      await forgetCredentials(tx, before(keptMs.endedCredentials), rowsAtOnce),
    ];
    return counts.some((count) => count === rowsAtOnce);
  });
}
