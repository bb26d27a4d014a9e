import type { EntityManager } from 'typeorm';
import { planAssignments } from '../assignments/plan-assignments.js';
import { skipAssignments } from '../assignments/skip-assignments.js';
import type { RolloutChange } from '../domain/rollouts/change-rollout.js';
import type { ReleaseDemands } from '../domain/rollouts/find-obstacle.js';
import { type Plan, type PlannedPlace, WavePlanner, placesOf } from '../domain/rollouts/plan-waves.js';
import { updatableDevices } from '../persistence/rollout-devices.repository.js';
import { changeHorizon, saveLooked } from '../persistence/rollout-joins.repository.js';
import { type RolloutRecord, insertWaves, saveDemands } from '../persistence/rollouts.repository.js';
import { applyAction } from './apply-action.js';

/** Assignments that are written with one statement. */
const plannedAtOnce = 10_000;

/** Who would be updated in which wave if the rollout started now. */
export async function planOf(tx: EntityManager, record: RolloutRecord, demands: ReleaseDemands): Promise<Plan> {
  const { tenant, definition, rollout } = record;
  const { target, waves } = definition;
  const planner = new WavePlanner({ rollout: rollout.id, release: demands, target, waves });
  for await (const device of updatableDevices(tx, tenant)) planner.add(device);
  return planner.plan();
}

/**
 * Starts a rollout that the caller has locked: devices have their waves from now on, and those that are left out
 * the reason. All of it in the caller's transaction: whoever dies over it leaves a draft. Repeated or refused it changes nothing.
 * @param of `accept` looks at the plan before it is written, and throws what keeps the rollout a draft. @throws PersistenceError
 */
export async function beginRollout(
  tx: EntityManager,
  of: {
    readonly record: RolloutRecord;
    readonly demands: ReleaseDemands;
    readonly by: string;
    readonly accept?: (plan: Plan) => void;
  },
  nowMs: number,
): Promise<RolloutChange> {
  const { record, demands, by, accept } = of;
  const change = await applyAction(tx, { record, waves: [] }, { kind: 'start', by }, nowMs);
  if (change.outcome !== 'changed') return change;
  const { id } = record.rollout;
  await saveDemands(tx, id, demands);
  // Whoever changes from here on is looked at by the steps, whether the plan has seen it or not.
  await saveLooked(tx, id, await changeHorizon(tx));
  const plan = await planOf(tx, record, demands);
  accept?.(plan);
  await insertWaves(tx, id, plan.sizes);
  const isDownloadOnly = record.definition.mode.kind === 'download-only';
  const rollout = { id, tenant: record.tenant, isDownloadOnly };
  let lot: PlannedPlace[] = [];
  for (const place of placesOf(plan)) {
    if (lot.push(place) < plannedAtOnce) continue;
    await planAssignments(tx, rollout, lot, nowMs);
    lot = [];
  }
  if (lot.length > 0) await planAssignments(tx, rollout, lot, nowMs);
  // Whoever is tried again after all has its turn in the last wave, never among the canaries.
  const wave = plan.sizes.length - 1;
  for (let from = 0; from < plan.skipped.length; from += plannedAtOnce) {
    const place = { wave, position: plan.order.length + from };
    await skipAssignments(tx, rollout, place, plan.skipped.slice(from, from + plannedAtOnce), nowMs);
  }
  return change;
}
