import type { EntityManager } from 'typeorm';
import { addCounts } from '../persistence/assignment-counts.repository.js';
import { insertPlanned } from '../persistence/assignments.repository.js';

export interface PlannedDevice {
  readonly device: string;
  /** From 0 on. */
  readonly wave: number;
  /** The order within the rollout, from 0 on. */
  readonly position: number;
}

/** Gives devices their waves; none of them knows of it. A device has one assignment in a rollout. @throws PersistenceError */
export async function planAssignments(
  tx: EntityManager,
  rollout: { readonly id: string; readonly tenant: string; readonly isDownloadOnly: boolean },
  planned: readonly PlannedDevice[],
  nowMs: number,
): Promise<void> {
  await insertPlanned(tx, rollout, planned, nowMs);
  const counts = Map.groupBy(planned, ({ wave }) => wave);
  const added = [...counts].map(([wave, { length: devices }]) => ({ wave, state: 'planned' as const, devices }));
  await addCounts(tx, rollout.id, added);
}
