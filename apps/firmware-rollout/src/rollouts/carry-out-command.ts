import type { EntityManager } from 'typeorm';
import { rolloutOfAssignment } from '../assignments/carry-out-effects.js';
import type { Obstacle } from '../domain/assignments/assignment.js';
import type { RolloutAction } from '../domain/rollouts/change-rollout.js';
import type { RolloutCommand } from '../domain/rollouts/decide.js';
import { nextActionIds } from '../persistence/rollout-changes.repository.js';
import type { StoppablePage } from '../persistence/rollout-snapshot.repository.js';
import { applyAction, lockedAfter } from './apply-action.js';
import { type EngineEvent, applyEvents } from './apply-events.js';
import type { StartedRollout } from './join-late.js';

/**
 * Devices that are changed together: after each lot it is seen whether the step has had its time. Of those who are told something a
 * lot is small: each of them is a statement more.
 */
const lotSizes = { told: 10, untold: 250 } as const;

/** What a step works with beside the rollout. */
export interface StepTime {
  readonly nowMs: number;
  /** The step has had its time: what is left is decided again by the next one. */
  readonly isOver: () => boolean;
}

/** @property isCutOff there were more devices than there was time for */
export interface CarriedOut {
  readonly locked: StartedRollout;
  readonly isCutOff: boolean;
}

/**
 * What was decided, done in the caller's transaction. At least one lot of its devices has its turn, so that every step gets on.
 * @param stoppable whom `cancel-all` is about
 * @throws PersistenceError
 */
export async function carryOutCommand(
  tx: EntityManager,
  locked: StartedRollout,
  { command, stoppable }: { readonly command: RolloutCommand; readonly stoppable: StoppablePage },
  time: StepTime,
): Promise<CarriedOut> {
  const { timeoutMs } = locked.record.rollout.settings;
  const { told, untold } = lotSizes;
  switch (command.kind) {
    case 'offer': {
      const eventsOf = async (lot: readonly string[]): Promise<EngineEvent[]> =>
        (await nextActionIds(tx, lot.length)).map((actionId) => ({ kind: 'offer', actionId, timeoutMs }));
      return inLots(tx, locked, { devices: command.devices, lotSize: told, eventsOf }, time);
    }
    case 'time-out': {
      const eventsOf = each({ kind: 'time-out', timeoutMs });
      return inLots(tx, locked, { devices: command.devices, lotSize: told, eventsOf }, time);
    }
    case 'skip': {
      const reasons = new Map(command.devices.map(({ device, reason }) => [device, reason]));
      const eventsOf = async (lot: readonly string[]): Promise<EngineEvent[]> =>
        lot.map((device) => ({ kind: 'skip', reason: reasons.get(device) as Obstacle }));
      return inLots(tx, locked, { devices: [...reasons.keys()], lotSize: untold, eventsOf }, time);
    }
    case 'cancel-all': {
      const eventsOf = each({ kind: 'cancel', cause: command.cause, timeoutMs });
      const asked = await inLots(tx, locked, { devices: stoppable.working, lotSize: told, eventsOf }, time);
      if (asked.isCutOff) return asked;
      return inLots(tx, locked, { devices: stoppable.waiting, lotSize: untold, eventsOf }, time);
    }
    default: {
      const action: RolloutAction = command;
      const after = lockedAfter(locked, await applyAction(tx, locked, action, time.nowMs));
      return { locked: { ...locked, ...after }, isCutOff: false };
    }
  }
}

function each(event: EngineEvent): (lot: readonly string[]) => Promise<EngineEvent[]> {
  return async (lot) => lot.map(() => event);
}

async function inLots(
  tx: EntityManager,
  locked: StartedRollout,
  of: {
    readonly devices: readonly string[];
    readonly lotSize: number;
    readonly eventsOf: (lot: readonly string[]) => Promise<readonly EngineEvent[]>;
  },
  { nowMs, isOver }: StepTime,
): Promise<CarriedOut> {
  const { devices, lotSize, eventsOf } = of;
  for (let from = 0; from < devices.length; from += lotSize) {
    if (from > 0 && isOver()) return { locked, isCutOff: true };
    const lot = devices.slice(from, from + lotSize);
    const events = await eventsOf(lot);
    const byDevice = new Map(lot.map((device, nth) => [device, events[nth] as EngineEvent]));
    await applyEvents(tx, rolloutOfAssignment(locked.record), byDevice, nowMs);
  }
  return { locked, isCutOff: false };
}
