import type { EntityManager } from 'typeorm';
import type { SkipReason } from '../domain/assignments/assignment.js';
import { addCounts } from '../persistence/assignment-counts.repository.js';
import { insertSkipped } from '../persistence/assignment-lists.repository.js';

/**
 * Devices that a plan leaves out, with the reason: they are counted, and can be tried again. Like what is planned they begin with
 * version 1, of which nobody is told. @throws PersistenceError
 */
export async function skipAssignments(
  tx: EntityManager,
  rollout: { readonly id: string; readonly tenant: string; readonly isDownloadOnly: boolean },
  place: { readonly wave: number; readonly position: number },
  skipped: readonly { readonly device: string; readonly reason: SkipReason }[],
  nowMs: number,
): Promise<void> {
  await insertSkipped(tx, rollout, place, skipped, nowMs);
  const byReason = Map.groupBy(skipped, ({ reason }) => reason);
  const counts = [...byReason].map(([reason, { length: devices }]) => ({
    ...{ wave: place.wave, state: 'skipped' as const, reason, devices },
  }));
  await addCounts(tx, rollout.id, counts);
}
