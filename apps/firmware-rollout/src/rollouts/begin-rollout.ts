import type { EntityManager } from 'typeorm';
import { planAssignments } from '../assignments/plan-assignments.js';
import { skipAssignments } from '../assignments/skip-assignments.js';
import type { RolloutChange } from '../domain/rollouts/change-rollout.js';
import type { ReleaseDemands } from '../domain/rollouts/find-obstacle.js';
import { type Plan, devicesOfWave, planWaves } from '../domain/rollouts/plan-waves.js';
import { updatableDevices } from '../persistence/rollout-snapshot.repository.js';
import { type RolloutRecord, insertWaves, saveDemands } from '../persistence/rollouts.repository.js';
import { applyAction } from './apply-action.js';

/** Assignments that are written with one statement. */
const plannedAtOnce = 5_000;

/** Who would be updated in which wave if the rollout started now. */
export async function planOf(tx: EntityManager, record: RolloutRecord, demands: ReleaseDemands): Promise<Plan> {
  const { tenant, definition, rollout } = record;
  const { target, waves } = definition;
  const devices = await updatableDevices(tx, tenant);
  return planWaves({ rollout: rollout.id, release: demands, target, waves }, devices);
}

/**
 * Starts a rollout that the caller has locked: devices have their waves from now on, and those that are left out
 * the reason. Repeated or refused it changes nothing.
 * @throws PersistenceError
 */
export async function beginRollout(
  tx: EntityManager,
  { record, demands, by }: { readonly record: RolloutRecord; readonly demands: ReleaseDemands; readonly by: string },
  nowMs: number,
): Promise<RolloutChange> {
  const change = await applyAction(tx, { record, waves: [] }, { kind: 'start', by }, nowMs);
  if (change.outcome !== 'changed') return change;
  await saveDemands(tx, record.rollout.id, demands);
  const plan = await planOf(tx, record, demands);
  await insertWaves(tx, record.rollout.id, plan.sizes);
  const isDownloadOnly = record.definition.mode.kind === 'download-only';
  const rollout = { id: record.rollout.id, tenant: record.tenant, isDownloadOnly };
  let position = 0;
  for (let wave = 0; wave < plan.sizes.length; wave += 1) {
    let lot: { device: string; wave: number; position: number }[] = [];
    for (const device of devicesOfWave(plan, wave)) {
      lot.push({ device, wave, position: position++ });
      if (lot.length < plannedAtOnce) continue;
      await planAssignments(tx, rollout, lot, nowMs);
      lot = [];
    }
    if (lot.length > 0) await planAssignments(tx, rollout, lot, nowMs);
  }
  // Whoever is tried again after all has its turn in the last wave, never among the canaries.
  const wave = plan.sizes.length - 1;
  for (let from = 0; from < plan.skipped.length; from += plannedAtOnce) {
    const lot = plan.skipped.slice(from, from + plannedAtOnce);
    await skipAssignments(tx, rollout, { wave, position: position + from }, lot, nowMs);
  }
  return change;
}
