import { type EntityManager, In } from 'typeorm';
import type { AssignmentRow } from './assignment-lists.repository.js';
import { AssignmentEntity } from './assignment.entity.js';
import { RolloutEntity } from './rollout.entity.js';
import { type RolloutRecord, recordOf } from './rollouts.repository.js';

export interface DeviceAssignment {
  readonly row: AssignmentRow;
  readonly rollout: RolloutRecord;
}

/** One device in all rollouts that have planned it, the latest change first. */
export async function listDeviceAssignments(
  db: EntityManager,
  { tenant, device }: { readonly tenant: string; readonly device: string },
  limit: number,
): Promise<DeviceAssignment[]> {
  const order = { changedAt: 'DESC', rolloutId: 'DESC' } as const;
  const rows = await db.find(AssignmentEntity, { where: { tenant, device }, order, take: limit });
  const rollouts = await db.findBy(RolloutEntity, { id: In(rows.map(({ rolloutId }) => rolloutId)) });
  const records = new Map(rollouts.map((rollout) => [rollout.id, recordOf(rollout)]));
  return rows.flatMap((row) => {
    const rollout = records.get(row.rolloutId);
    return rollout === undefined ? [] : [{ row, rollout }];
  });
}
