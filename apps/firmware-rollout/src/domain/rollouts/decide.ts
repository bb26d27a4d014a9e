import type { CancelCause, Obstacle } from '../assignments/assignment.js';
import { type Candidate, chooseForDevice } from '../assignments/choose-for-device.js';
import { calmOf, judgeAdvance } from './advance-conditions.js';
import { toleratedSkewMs } from './clock-skew.js';
import { whyToPause } from './pause-conditions.js';
import type { Excused, Rollout, Wave } from './rollout.js';
import { type OfferedLately, budgetOf } from './speed.js';
import { type Tally, type TallySummary, summaryOf } from './tally.js';
import type { Verdict } from './verdict.js';
import { isInWindow } from './weekly-windows.js';

/** A planned device of a wave that has begun. */
export interface FreeDevice {
  readonly device: string;
  readonly timeZone?: string;
  /** As the registry has the device now. */
  readonly obstacle?: Obstacle;
  /** Another assignment of it is active. */
  readonly isBusy: boolean;
  /** Every running rollout that would have it now, this one included. */
  readonly candidates: readonly Candidate[];
}

/** What one step of the engine sees of a rollout: read in one transaction. */
export interface RolloutSnapshot {
  readonly rollout: Rollout;
  /** All, in their order. */
  readonly waves: readonly (Wave & { readonly tally: Tally })[];
  /**
   * Of begun waves, wave by wave in the rollout's order; as many as a step is to look at. Those that had to wait in the last step may
   * be left out for some time, so that there is room for those behind them.
   */
  readonly free: readonly FreeDevice[];
  /** Devices whose `dueAtMs` has come; as many as a step is to look at. */
  readonly due: readonly string[];
  readonly lately: OfferedLately;
  readonly overloadedUntilMs?: number;
  readonly judgements: Readonly<Record<string, Verdict>>;
}

/** What is to be done, in the order of the list and in one transaction, if the rollout's version is still the same. */
export type RolloutCommand =
  | { readonly kind: 'time-out' | 'offer'; readonly devices: readonly string[] }
  | { readonly kind: 'skip'; readonly devices: readonly { readonly device: string; readonly reason: Obstacle }[] }
  /** Everybody planned, and whoever is at work, has not been asked to stop and has not refused to. */
  | { readonly kind: 'cancel-all'; readonly cause: CancelCause }
  | { readonly kind: 'start-wave' | 'finish-wave' | 'reopen-wave' | 'complete-wave'; readonly wave: number }
  | { readonly kind: 'pause'; readonly reason: 'failures' | 'conditions'; readonly detail: string }
  | { readonly kind: 'succeed' | 'finish-abort' };

export interface Decision {
  readonly commands: readonly RolloutCommand[];
  /** What the rollout waits for, for operators; empty when it just goes on. */
  readonly waitsFor: readonly string[];
}

/**
 * One step of a rollout. A step that is lost is decided again; after one that was applied, the next snapshot says so, and nothing is
 * done twice. Steps follow each other until there are no commands. Applying a step counts the rollout's version up, so that of two that
 * were decided on one snapshot only one is applied; so does whoever plans devices anew, that no rollout succeeds over them.
 */
export function decide(snapshot: RolloutSnapshot, nowMs: number): Decision {
  const timeOuts: RolloutCommand[] = snapshot.due.length === 0 ? [] : [{ kind: 'time-out', devices: snapshot.due }];
  const { state } = snapshot.rollout;
  if (state === 'aborting') return { commands: [...timeOuts, ...endOfAbort(snapshot)], waitsFor: [] };
  if (state === 'paused') return { commands: timeOuts, waitsFor: [snapshot.rollout.paused?.detail ?? ''] };
  if (state !== 'running') return { commands: [], waitsFor: [] };
  const ofWave = decideWave(snapshot, nowMs);
  const isPaused = ofWave.commands.some(({ kind }) => kind === 'pause');
  const ofDevices = isPaused ? { commands: [], waitsFor: [] } : decideDevices(snapshot, nowMs);
  return {
    commands: [...timeOuts, ...ofDevices.commands, ...ofWave.commands],
    waitsFor: [...ofWave.waitsFor, ...ofDevices.waitsFor],
  };
}

const nothing: Decision = { commands: [], waitsFor: [] };

function endOfAbort({ rollout, waves }: RolloutSnapshot): RolloutCommand[] {
  const all = waves.map(({ tally }) => summaryOf(tally));
  if (all.some(({ planned, stoppable }) => planned + stoppable > 0))
    return [{ kind: 'cancel-all', cause: rollout.abortCause ?? 'abort' }];
  return all.every(({ active }) => active === 0) ? [{ kind: 'finish-abort' }] : [];
}

/** At most one wave takes at most one step. */
function decideWave(snapshot: RolloutSnapshot, nowMs: number): Decision {
  const { waves, rollout } = snapshot;
  const wave = waves.find(({ state }) => state !== 'done');
  if (wave === undefined) {
    const isOpen = waves.some(({ tally }) => openOf(summaryOf(tally)) > 0);
    return isOpen ? nothing : { commands: [{ kind: 'succeed' }], waitsFor: [] };
  }
  if (wave.state === 'pending') return { commands: [{ kind: 'start-wave', wave: wave.index }], waitsFor: [] };
  const summary = summaryOf(wave.tally);
  const judged = withoutExcused(summary, wave.excused);
  const why = whyToPause(rollout.settings.pause, judged);
  if (why !== undefined) return { commands: [{ kind: 'pause', reason: 'failures', detail: why }], waitsFor: [] };
  const complete: Decision = { commands: [{ kind: 'complete-wave', wave: wave.index }], waitsFor: [] };
  if (wave.advancedBy !== undefined) return complete;
  const isOpen = openOf(summary) > 0;
  if (wave.state === 'running')
    return isOpen ? nothing : { commands: [{ kind: 'finish-wave', wave: wave.index }], waitsFor: [] };
  if (isOpen || isSoakingSinceLater(wave, nowMs))
    return { commands: [{ kind: 'reopen-wave', wave: wave.index }], waitsFor: [] };
  const verdicts = judgeAdvance(rollout.settings.advance, {
    ...{ nowMs, summary: judged, finishedAtMs: wave.finishedAtMs ?? nowMs, judgements: snapshot.judgements },
    ...(wave.approvedBy === undefined ? {} : { approvedBy: wave.approvedBy }),
    ...(snapshot.overloadedUntilMs === undefined ? {} : { overloadedUntilMs: snapshot.overloadedUntilMs }),
  });
  const unmet = verdicts.flatMap((verdict) => (verdict.holds ? [] : [verdict]));
  const final = unmet.find(({ isFinal }) => isFinal);
  if (final !== undefined)
    return { commands: [{ kind: 'pause', reason: 'conditions', detail: final.why }], waitsFor: [] };
  return unmet.length === 0 ? complete : { commands: [], waitsFor: unmet.map((verdict) => verdict.why) };
}

/** A clock that was ahead said when it finished: it soaks from now on. */
function isSoakingSinceLater({ finishedAtMs = 0 }: Wave, nowMs: number): boolean {
  return finishedAtMs > nowMs + toleratedSkewMs;
}

function decideDevices(snapshot: RolloutSnapshot, nowMs: number): Decision {
  const { rollout, free, waves } = snapshot;
  const skipped = free.flatMap(({ device, obstacle }) =>
    obstacle === undefined ? [] : [{ device, reason: obstacle }],
  );
  const skips: RolloutCommand[] = skipped.length === 0 ? [] : [{ kind: 'skip', devices: skipped }];
  const ready = free.filter((each) => each.obstacle === undefined);
  const calm = rollout.settings.advance.some(({ kind }) => kind === 'calm-gateways')
    ? calmOf({ nowMs, overloadedUntilMs: snapshot.overloadedUntilMs ?? 0 })
    : undefined;
  if (calm?.holds === false && ready.length > 0) return { commands: skips, waitsFor: [calm.why] };
  const succeeded = waves.reduce((sum, { tally }) => sum + summaryOf(tally).succeeded, 0);
  const budget = budgetOf(rollout.settings.speed, succeeded, snapshot.lately);
  const open = ready.filter((each) => isWindowOpen(rollout, each, nowMs));
  const mine = open.filter((each) => !each.isBusy && chooseForDevice(each.candidates)?.rollout === rollout.id);
  const devices = mine.slice(0, budget).map(({ device }) => device);
  const offers: RolloutCommand[] = devices.length === 0 ? [] : [{ kind: 'offer', devices }];
  const waitsFor = whyDevicesWait(ready.length - open.length, open.length - mine.length, mine.length - devices.length);
  return { commands: [...skips, ...offers], waitsFor };
}

function whyDevicesWait(forWindow: number, forOthers: number, forSpeed: number): string[] {
  const reasons: (readonly [number, string])[] = [
    [forWindow, 'devices wait for their window'],
    [forOthers, 'devices are taken by another rollout'],
    [forSpeed, 'devices wait for the speed limit'],
  ];
  return reasons.filter(([count]) => count > 0).map(([count, text]) => `${count} ${text}`);
}

function isWindowOpen({ settings: { windows } }: Rollout, { timeZone = 'UTC' }: FreeDevice, nowMs: number): boolean {
  return windows === undefined || isInWindow(windows.weekly, windows.timeZone ?? timeZone, nowMs);
}

/** A retry takes back what was excused before. */
function withoutExcused(summary: TallySummary, excused: Excused = { succeeded: 0, unsuccessful: 0 }): Excused {
  return {
    succeeded: Math.max(0, summary.succeeded - excused.succeeded),
    unsuccessful: Math.max(0, summary.unsuccessful - excused.unsuccessful),
  };
}

function openOf({ planned, active }: TallySummary): number {
  return planned + active;
}
