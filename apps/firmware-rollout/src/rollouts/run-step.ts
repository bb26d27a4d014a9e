import { contextOfTraceparent } from '@myelin/observability';
import { type Context, context } from '@opentelemetry/api';
import type { EntityManager } from 'typeorm';
import type { RolloutAction } from '../domain/rollouts/change-rollout.js';
import { type RolloutCommand, type RolloutSnapshot, decide } from '../domain/rollouts/decide.js';
import { findObstacle } from '../domain/rollouts/find-obstacle.js';
import type { Rollout, RolloutState } from '../domain/rollouts/rollout.js';
import { dueInWindows } from '../domain/rollouts/time-in-windows.js';
import { minutesPerWeek } from '../domain/rollouts/weekly-windows.js';
import { type Tally, summaryOf, tallyKeyOf } from '../domain/rollouts/tally.js';
import { toleratedSkewMs } from '../domain/rollouts/clock-skew.js';
import { type AssignmentCount, readCounts } from '../persistence/assignment-counts.repository.js';
import { dateAnew, dueOffers, setDue } from '../persistence/rollout-changes.repository.js';
import { overloadedUntilMs } from '../persistence/rollout-gateways.repository.js';
import {
  type StoppablePage,
  type WaitingDevice,
  dueDevices,
  offeredLately,
  releaseStanding,
  stoppableDevices,
  waitingDevices,
} from '../persistence/rollout-snapshot.repository.js';
import { findWaves, lockRolloutIfFree, saveWaitsFor } from '../persistence/rollouts.repository.js';
import { applyAction } from './apply-action.js';
import { type StepTime, carryOutCommand } from './carry-out-command.js';
import { type StartedRollout, joinLate } from './join-late.js';

/** What one step looks at, at most. */
export const stepLimits = { waiting: 200, due: 200, cancelled: 1_000, datedAnew: 1_000 } as const;

/** A step is a transaction, and an operator's action waits for it: after this long it begins nothing more with devices. */
export const stepMs = 250;

/** When so many devices of a wave have begun, those that follow are in traces of their own. */
const tracedOfWave = 100;

export interface StepSettings {
  readonly nowMs: number;
  /** The position behind which devices that wait, or never begin, are looked at; -1 = from the first. */
  readonly after: number;
  /** Whether it has had its time; `stepMs` after it began where nothing is said. */
  readonly isOver?: () => boolean;
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
export async function runStep(tx: EntityManager, id: string, settings: StepSettings): Promise<StepResult> {
  const { nowMs, after, isOver = endOfStep() } = settings;
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
  const found = await lookFor(tx, locked, tallies, after);
  await keepTimes(tx, record.rollout, nowMs);
  const snapshot = await snapshotOf(tx, { ...locked, tallies, waiting: found.waiting }, nowMs);
  const { commands, waitsFor } = decide(snapshot, nowMs);
  const time: StepTime = { nowMs, isOver };
  const isCutOff = await carryOut(
    tx,
    locked,
    { commands, stoppable: found.stoppable, began: whereItBegan(locked, tallies) },
    time,
  );
  if (waitsFor.join('\n') !== record.waitsFor.join('\n')) await saveWaitsFor(tx, id, waitsFor);
  const isChanged = commands.length > 0 || hasMoreToJoin;
  // Whoever had no turn has it in the next step; who was passed over waits for the next round, unless some of this page were offered
  // their firmware: then the order is kept.
  const isAgain = commands.some(({ kind }) => kind === 'offer');
  return { isChanged, after: isCutOff ? after : isAgain ? -1 : found.after };
}

interface Decided {
  readonly commands: readonly RolloutCommand[];
  readonly stoppable: StoppablePage;
  /** Where what devices are offered goes on. */
  readonly began: Context | undefined;
}

/** @returns whether there were more devices than there was time for */
async function carryOut(
  tx: EntityManager,
  locked: StartedRollout,
  { commands, stoppable, began }: Decided,
  time: StepTime,
): Promise<boolean> {
  let [current, isCutOff] = [locked, false];
  for (const command of commands) {
    const at = command.kind === 'offer' ? began : undefined;
    const done = await context.with(at ?? context.active(), () =>
      carryOutCommand(tx, current, { command, stoppable }, time),
    );
    current = done.locked;
    isCutOff ||= done.isCutOff;
  }
  return isCutOff;
}

/** The first devices of a wave are in its trace; with all of a large one nobody could read that. */
function whereItBegan({ waves }: StartedRollout, tallies: ReadonlyMap<number, Tally>): Context | undefined {
  const wave = waves.find(({ state }) => state === 'running');
  const { active, closed } = summaryOf(tallies.get(wave?.index ?? -1) ?? {});
  return active + closed < tracedOfWave ? contextOfTraceparent(wave?.traceparent) : undefined;
}

function endOfStep(): () => boolean {
  const endMs = performance.now() + stepMs;
  return () => performance.now() >= endMs;
}

/** Devices that something may be done with, and where the next step looks on. */
interface Found {
  readonly waiting: readonly WaitingDevice[];
  readonly stoppable: StoppablePage;
  readonly after: number;
}

const nobody: StoppablePage = { working: [], waiting: [], after: -1 };

async function lookFor(
  tx: EntityManager,
  { record, waves }: StartedRollout,
  tallies: ReadonlyMap<number, Tally>,
  after: number,
): Promise<Found> {
  const { id, state } = record.rollout;
  const planned = waves.filter(({ index }) => (tallies.get(index)?.planned ?? 0) > 0);
  const indexesOf = (of: typeof waves): number[] => of.map(({ index }) => index);
  if (state === 'aborting') {
    const page = { waves: indexesOf(planned), after, limit: stepLimits.cancelled };
    const stoppable = await stoppableDevices(tx, id, page);
    return { waiting: [], stoppable, after: stoppable.after };
  }
  if (state !== 'running') return { waiting: [], stoppable: nobody, after: -1 };
  const begun = planned.filter((wave) => wave.state !== 'pending');
  const waiting = await waitingDevices(tx, id, { waves: indexesOf(begun), after, limit: stepLimits.waiting });
  const isLast = waiting.length < stepLimits.waiting;
  return { waiting, stoppable: nobody, after: isLast ? -1 : (waiting.at(-1)?.position ?? -1) };
}

/**
 * A clock that was ahead has set times that are further away than any is given: they would hold a wave for hours. And no time runs out
 * while a window is closed.
 */
async function keepTimes(tx: EntityManager, { id, settings }: Rollout, nowMs: number): Promise<void> {
  const { timeoutMs, windows } = settings;
  const dueAtMs = nowMs + timeoutMs;
  const latestMs = dueAtMs + toleratedSkewMs + (windows === undefined ? 0 : minutesPerWeek * 60_000);
  await dateAnew(tx, id, { latestMs, dueAtMs, limit: stepLimits.datedAnew });
  if (windows === undefined) return;
  const due = new Map<string, number>();
  for (const { device, windows: placed } of await dueOffers(tx, id, { nowMs, limit: stepLimits.datedAnew })) {
    const laterMs = dueInWindows(placed, timeoutMs, nowMs);
    if (laterMs !== undefined) due.set(device, laterMs);
  }
  await setDue(tx, id, due);
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
