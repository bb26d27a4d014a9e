import type { EntityManager } from 'typeorm';
import { type EventOfDevice, applyEvent } from '../assignments/apply-event.js';
import { rolloutOfAssignment } from '../assignments/carry-out-effects.js';
import type { AssignmentEvent } from '../domain/assignments/change-assignment.js';
import type { RolloutAction } from '../domain/rollouts/change-rollout.js';
import { type RolloutCommand, type RolloutSnapshot, decide } from '../domain/rollouts/decide.js';
import { findObstacle } from '../domain/rollouts/find-obstacle.js';
import type { RolloutState } from '../domain/rollouts/rollout.js';
import { type Tally, tallyKeyOf } from '../domain/rollouts/tally.js';
import { type AssignmentCount, readCounts } from '../persistence/assignment-counts.repository.js';
import { nextActionId } from '../persistence/assignments.repository.js';
import { overloadedUntilMs } from '../persistence/rollout-gateways.repository.js';
import {
  type WaitingDevice,
  dueDevices,
  offeredLately,
  releaseStanding,
  stoppableDevices,
  waitingDevices,
} from '../persistence/rollout-snapshot.repository.js';
import { findWaves, lockRolloutIfFree, saveWaitsFor } from '../persistence/rollouts.repository.js';
import { applyAction, lockedAfter } from './apply-action.js';
import { type StartedRollout, joinLate } from './join-late.js';

/** What one step looks at, at most: it is a transaction, and an operator's action waits for it. */
export const stepLimits = { waiting: 200, due: 100, cancelled: 100 } as const;

export interface StepSettings {
  readonly nowMs: number;
  /** The position behind which waiting devices are looked at; -1 = from the first. */
  readonly after: number;
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
  const locked: StartedRollout = { record, waves: await findWaves(tx, id), demands: record.demands };
  const standing = await releaseStanding(tx, record, nowMs);
  const hold = standing === undefined ? undefined : actionFor(standing, record.rollout.state);
  if (hold !== undefined) {
    await applyAction(tx, locked, hold, nowMs);
    return { isChanged: true, after };
  }
  const hasMoreToJoin = await joinLate(tx, locked, nowMs);
  const tallies = talliesOf(await readCounts(tx, id));
  const begun = locked.waves.filter(
    ({ index, state }) => state !== 'pending' && (tallies.get(index)?.planned ?? 0) > 0,
  );
  const page = { waves: begun.map(({ index }) => index), after, limit: stepLimits.waiting };
  const waiting = record.rollout.state === 'running' ? await waitingDevices(tx, id, page) : [];
  const snapshot = await snapshotOf(tx, { ...locked, tallies, waiting }, nowMs);
  const { commands, waitsFor } = decide(snapshot, nowMs);
  let current = locked;
  for (const command of commands) current = await run(tx, current, command, nowMs);
  if (waitsFor.join('\n') !== record.waitsFor.join('\n')) await saveWaitsFor(tx, id, waitsFor);
  // Who was passed over waits for the next round, unless some of this page were offered their firmware: then the order is kept.
  const isOver = waiting.length < stepLimits.waiting || commands.some(({ kind }) => kind === 'offer');
  return { isChanged: commands.length > 0 || hasMoreToJoin, after: isOver ? -1 : (waiting.at(-1)?.position ?? -1) };
}

/** A release that is not what it was when the rollout started: nobody is offered it any more. */
function actionFor(standing: 'revoked' | 'untrusted', state: RolloutState): RolloutAction | undefined {
  const isOpen = state === 'running' || state === 'paused';
  if (standing === 'revoked') return isOpen ? { kind: 'abort', cause: 'release-revoked' } : undefined;
  const detail = 'the release is not signed as its profile demands any more';
  return state === 'running' ? { kind: 'pause', reason: 'conditions', detail } : undefined;
}

/** By wave. */
function talliesOf(counts: readonly AssignmentCount[]): Map<number, Tally> {
  const tallies = new Map<number, Tally>();
  for (const { wave, devices, ...key } of counts) {
    tallies.set(wave, { ...tallies.get(wave), [tallyKeyOf(key)]: devices });
  }
  return tallies;
}

async function snapshotOf(
  tx: EntityManager,
  seen: StartedRollout & { readonly tallies: ReadonlyMap<number, Tally>; readonly waiting: readonly WaitingDevice[] },
  nowMs: number,
): Promise<RolloutSnapshot> {
  const { rollout } = seen.record;
  const overloaded = await overloadedUntilMs(tx, nowMs);
  return {
    rollout,
    waves: seen.waves.map((wave) => ({ ...wave, tally: seen.tallies.get(wave.index) ?? {} })),
    free: seen.waiting.map((device) => {
      const obstacle = findObstacle(seen.demands, device);
      const { timeZone, isBusy, candidates } = device;
      return {
        ...{ device: device.device, isBusy, candidates },
        ...(timeZone === undefined ? {} : { timeZone }),
        ...(obstacle === undefined ? {} : { obstacle }),
      };
    }),
    due: await dueDevices(tx, rollout.id, { nowMs, limit: stepLimits.due }),
    lately: await offeredLately(tx, rollout.id, nowMs),
    ...(overloaded === undefined ? {} : { overloadedUntilMs: overloaded }),
    judgements: {},
  };
}

async function run(
  tx: EntityManager,
  locked: StartedRollout,
  command: RolloutCommand,
  nowMs: number,
): Promise<StartedRollout> {
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
  locked: StartedRollout,
  device: string,
  event: AssignmentEvent,
  nowMs: number,
): Promise<void> {
  const of: EventOfDevice = { device, event };
  await applyEvent(tx, rolloutOfAssignment(locked.record), of, nowMs);
}
