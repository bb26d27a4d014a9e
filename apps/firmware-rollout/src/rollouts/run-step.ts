import type { EntityManager } from 'typeorm';
import { type EventOfDevice, applyEvent } from '../assignments/apply-event.js';
import { rolloutOfAssignment } from '../assignments/carry-out-effects.js';
import type { AssignmentEvent } from '../domain/assignments/change-assignment.js';
import type { RolloutAction } from '../domain/rollouts/change-rollout.js';
import { type RolloutCommand, type RolloutSnapshot, decide } from '../domain/rollouts/decide.js';
import { findObstacle, type ReleaseDemands } from '../domain/rollouts/find-obstacle.js';
import type { RolloutState } from '../domain/rollouts/rollout.js';
import { type Tally, tallyKeyOf } from '../domain/rollouts/tally.js';
import { readCounts } from '../persistence/assignment-counts.repository.js';
import { nextActionId } from '../persistence/assignments.repository.js';
import {
  type WaitingDevice,
  dueDevices,
  offeredLately,
  releaseStanding,
  stoppableDevices,
  waitingDevices,
} from '../persistence/rollout-snapshot.repository.js';
import { findWaves, lockRolloutIfFree, saveWaitsFor } from '../persistence/rollouts.repository.js';
import { type LockedRollout, applyAction, lockedAfter } from './apply-action.js';

/** What one step looks at, at most. */
export const stepLimits = { waiting: 500, due: 500, cancelled: 500 } as const;

export interface StepSettings {
  readonly nowMs: number;
  /** The position behind which waiting devices are looked at; -1 = from the first. */
  readonly after: number;
}

/** A rollout under a step. */
interface Step extends LockedRollout {
  readonly demands: ReleaseDemands;
}

export interface StepResult {
  /** Something was changed: there may be more to do at once. */
  readonly isChanged: boolean;
  /** Where the next step goes on looking; -1 = from the first. */
  readonly after: number;
}

/**
 * One step of a rollout in the caller's transaction. What somebody else is at, or is over, is left alone. A step that is lost is
 * decided again from what is stored.
 */
export async function runStep(tx: EntityManager, id: string, { nowMs, after }: StepSettings): Promise<StepResult> {
  const record = await lockRolloutIfFree(tx, id);
  // One that was never started has no demands, and no work for a step.
  if (record?.demands === undefined) return { isChanged: false, after };
  const locked: Step = { record, waves: await findWaves(tx, id), demands: record.demands };
  const standing = await releaseStanding(tx, record, nowMs);
  const hold = standing === undefined ? undefined : actionFor(standing, record.rollout.state);
  if (hold !== undefined) {
    await applyAction(tx, locked, hold, nowMs);
    return { isChanged: true, after };
  }
  const waiting = await waitingDevices(tx, id, { after, limit: stepLimits.waiting });
  const snapshot = await snapshotOf(tx, locked, waiting, nowMs);
  const { commands, waitsFor } = decide(snapshot, nowMs);
  let current = locked;
  for (const command of commands) current = await run(tx, current, command, nowMs);
  if (waitsFor.join('\n') !== record.waitsFor.join('\n')) await saveWaitsFor(tx, id, waitsFor);
  const last = waiting.length < stepLimits.waiting ? undefined : waiting.at(-1);
  return { isChanged: commands.length > 0, after: last?.position ?? -1 };
}

/** A release that is not what it was when the rollout started: nobody is offered it any more. */
function actionFor(standing: 'revoked' | 'untrusted', state: RolloutState): RolloutAction | undefined {
  const isOpen = state === 'running' || state === 'paused';
  if (standing === 'revoked') return isOpen ? { kind: 'abort', cause: 'release-revoked' } : undefined;
  const detail = 'the release is not signed as its profile demands any more';
  return state === 'running' ? { kind: 'pause', reason: 'conditions', detail } : undefined;
}

async function snapshotOf(
  tx: EntityManager,
  locked: Step,
  waiting: readonly WaitingDevice[],
  nowMs: number,
): Promise<RolloutSnapshot> {
  const { rollout } = locked.record;
  const tallies = new Map<number, Record<string, number>>();
  for (const { wave, devices, ...key } of await readCounts(tx, rollout.id)) {
    const tally = tallies.get(wave) ?? {};
    tallies.set(wave, { ...tally, [tallyKeyOf(key)]: devices });
  }
  return {
    rollout,
    waves: locked.waves.map((wave) => ({ ...wave, tally: (tallies.get(wave.index) ?? {}) as Tally })),
    free: waiting.map((device) => {
      const obstacle = findObstacle(locked.demands, device);
      const { timeZone, isBusy, candidates } = device;
      return {
        ...{ device: device.device, isBusy, candidates },
        ...(timeZone === undefined ? {} : { timeZone }),
        ...(obstacle === undefined ? {} : { obstacle }),
      };
    }),
    due: await dueDevices(tx, rollout.id, { nowMs, limit: stepLimits.due }),
    lately: await offeredLately(tx, rollout.id, nowMs),
    judgements: {},
  };
}

async function run(tx: EntityManager, locked: Step, command: RolloutCommand, nowMs: number): Promise<Step> {
  const { timeoutMs } = locked.record.rollout.settings;
  switch (command.kind) {
    case 'offer':
      for (const device of command.devices)
        await apply(tx, locked, device, { kind: 'offer', actionId: await nextActionId(tx), timeoutMs }, nowMs);
      return locked;
    case 'time-out':
      for (const device of command.devices) await apply(tx, locked, device, { kind: 'time-out', timeoutMs }, nowMs);
      return locked;
    case 'skip':
      for (const { device, reason } of command.devices)
        await apply(tx, locked, device, { kind: 'skip', reason }, nowMs);
      return locked;
    case 'cancel-all':
      for (const device of await stoppableDevices(tx, locked.record.rollout.id, stepLimits.cancelled))
        await apply(tx, locked, device, { kind: 'cancel', cause: command.cause, timeoutMs }, nowMs);
      return locked;
    default: {
      const action: RolloutAction = command;
      return { ...locked, ...lockedAfter(locked, await applyAction(tx, locked, action, nowMs)) };
    }
  }
}

async function apply(
  tx: EntityManager,
  locked: Step,
  device: string,
  event: AssignmentEvent,
  nowMs: number,
): Promise<void> {
  const of: EventOfDevice = { device, event };
  await applyEvent(tx, rolloutOfAssignment(locked.record), of, nowMs);
}
