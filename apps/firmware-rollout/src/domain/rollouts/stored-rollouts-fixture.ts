import { type Assignment, isActive, isClosed } from '../assignments/assignment.js';
import { type AssignmentEvent, changeAssignment } from '../assignments/change-assignment.js';
import type { DeviceReportKind } from '../assignments/device-report.js';
import { type KnownFirmware, firmwareWordOf, learn } from '../assignments/known-firmware.js';
import { type RolloutAction, changeRollout } from './change-rollout.js';
import { type FreeDevice, type RolloutCommand, type RolloutSnapshot, decide } from './decide.js';
import type { Rollout, Wave } from './rollout.js';
import { burstMs } from './speed.js';
import { summaryOf, tallyOf } from './tally.js';

/** A step that was decided: of which rollout, and on which version of it. */
export interface DecidedStep {
  readonly rollout: string;
  readonly version: number;
  readonly commands: readonly RolloutCommand[];
}

/** What was promised and is not so; the tests throw it. */
function promise(isKept: boolean, what: string): void {
  if (!isKept) throw new Error(`broken: ${what}`);
}

/** What a database would hold and do, for tests: each method is one transaction, and checks what is promised of every change. */
export class StoredRollouts {
  readonly rollouts = new Map<string, Rollout>();
  readonly waves = new Map<string, Wave[]>();
  readonly assignments: Assignment[] = [];
  /** By action id, whose it is. */
  readonly actions = new Map<number, { readonly rollout: string; readonly device: string }>();
  readonly offers: { readonly rollout: string; readonly atMs: number }[] = [];
  readonly suspended = new Set<string>();
  /** Rollouts whose devices have to agree. */
  readonly asking = new Set<string>();
  readonly firmware = new Map<string, KnownFirmware>();
  private readonly closedActions = new Set<number>();

  add(rollout: Rollout, waves: readonly (readonly string[])[], timeMs: number): void {
    this.rollouts.set(rollout.id, rollout);
    this.waves.set(
      rollout.id,
      waves.map((_, index) => ({ index, state: 'pending' })),
    );
    for (const [wave, devices] of waves.entries())
      for (const device of devices)
        this.assignments.push({
          ...{ rollout: rollout.id, device, wave, attempt: 1, isDownloadOnly: false, state: 'planned' },
          ...{ changedAtMs: timeMs, version: 1 },
        });
  }

  decided(id: string, nowMs: number): DecidedStep {
    return {
      rollout: id,
      version: this.rolloutOf(id).version,
      commands: decide(this.snapshot(id, nowMs), nowMs).commands,
    };
  }

  /** @returns false when something else came first */
  apply({ rollout: id, version, commands }: DecidedStep, nowMs: number): boolean {
    if (this.rolloutOf(id).version !== version) return false;
    for (const command of commands) this.obey(id, command, nowMs);
    const rollout = this.rolloutOf(id);
    if (commands.length > 0) this.rollouts.set(id, { ...rollout, version: rollout.version + 1 });
    return true;
  }

  /** Somebody did not hear that it was done, and does it once more without looking. */
  applyAgain({ rollout, commands }: DecidedStep, nowMs: number): void {
    for (const command of commands) this.obey(rollout, command, nowMs);
  }

  act(id: string, action: RolloutAction, nowMs: number): void {
    const change = changeRollout(this.rolloutOf(id), this.wavesOf(id), action, nowMs);
    if (change.outcome !== 'changed') return;
    promise(change.entry.version === this.rolloutOf(id).version + 1, 'each change of a rollout has its own version');
    promise(change.entry.to === change.rollout.state, 'an entry tells where a rollout went');
    if (action.kind === 'finish-abort') promise(!this.ofRollout(id).some(isAtWork), 'an abort ends with nobody active');
    if (action.kind === 'succeed')
      promise(
        this.ofRollout(id).every(({ state }) => isClosed(state)),
        'success is of all',
      );
    this.rollouts.set(id, change.rollout);
    if (change.wave !== undefined) this.wavesOf(id)[change.wave.index] = change.wave;
  }

  resume(id: string, by: string, nowMs: number): void {
    const current = this.wavesOf(id).find(({ state }) => state === 'running' || state === 'soaking');
    const ofWave = this.ofRollout(id).filter(({ wave }) => wave === current?.index);
    this.act(id, { kind: 'resume', by, excused: summaryOf(tallyOf(ofWave)) }, nowMs);
  }

  report(actionId: number, report: DeviceReportKind, about: 'deployment' | 'cancel', nowMs: number): void {
    const { rollout, device } = this.actions.get(actionId) as { rollout: string; device: string };
    const assignment = this.find(rollout, device) as Assignment;
    const { timeoutMs } = this.rolloutOf(rollout).settings;
    const event = { kind: 'report', report, about, timeoutMs } as const;
    // Of an attempt that another one has replaced only what the device runs is learnt.
    if (assignment.actionId === actionId && this.change(assignment, event, nowMs)) return;
    this.hear(assignment, event, actionId);
  }

  /** What a device says to an action that it has to agree to. */
  answer(actionId: number, agrees: boolean, nowMs: number): void {
    const { rollout, device } = this.actions.get(actionId) as { rollout: string; device: string };
    const assignment = this.find(rollout, device) as Assignment;
    const { timeoutMs } = this.rolloutOf(rollout).settings;
    if (assignment.actionId !== actionId) return;
    this.change(assignment, agrees ? { kind: 'confirm', timeoutMs } : { kind: 'deny' }, nowMs);
  }

  /** Something that is done to one device of a rollout. */
  changeDevice(id: string, device: string, event: AssignmentEvent, nowMs: number): void {
    const rollout = this.rolloutOf(id);
    if (event.kind === 'retry' && rollout.state !== 'running' && rollout.state !== 'paused') return;
    const assignment = this.find(id, device);
    if (assignment !== undefined) this.change(assignment, event, nowMs);
    if (event.kind === 'retry') this.rollouts.set(id, { ...rollout, version: rollout.version + 1 });
  }

  endDevice(device: string, nowMs: number): void {
    for (const assignment of this.assignments.filter((each) => each.device === device))
      this.change(assignment, { kind: 'end-of-device', reason: 'device-retired' }, nowMs);
  }

  /** As the model says it. */
  seen(): string[] {
    const runs = [...this.firmware].map(([device, { action = 0, doubted = 0, isForgotten = false }]) =>
      [device, isForgotten ? 0 : action, doubted].join(' '),
    );
    return [...runs.filter((each) => !each.endsWith(' 0 0')).sort(), ...this.seenRollouts()];
  }

  private seenRollouts(): string[] {
    return [...this.rollouts.values()].flatMap(({ id, state }) => [
      `${id} ${state} ${this.wavesOf(id)
        .map((wave) => wave.state)
        .join(' ')}`,
      ...this.ofRollout(id).map(
        (each) => `${id}/${each.device} ${each.state}/${each.reason ?? ''} ${each.attempt}#${each.actionId ?? ''}`,
      ),
    ]);
  }

  rolloutOf(id: string): Rollout {
    return this.rollouts.get(id) as Rollout;
  }

  private snapshot(id: string, nowMs: number): RolloutSnapshot {
    const mine = this.ofRollout(id);
    const offered = this.offers.filter(({ rollout }) => rollout === id);
    return {
      rollout: this.rolloutOf(id),
      waves: this.wavesOf(id).map((wave) => ({
        ...wave,
        tally: tallyOf(mine.filter((each) => each.wave === wave.index)),
      })),
      free: mine.filter((each) => this.isFree(each)).map((each) => this.freeDevice(each)),
      due: mine.filter(({ dueAtMs = Infinity }) => dueAtMs <= nowMs).map(({ device }) => device),
      lately: {
        inMinute: offered.filter(({ atMs }) => atMs > nowMs - 60_000).length,
        inBurst: offered.filter(({ atMs }) => atMs > nowMs - burstMs).length,
      },
      judgements: {},
    };
  }

  private freeDevice({ rollout, device }: Assignment): FreeDevice {
    const others = this.assignments.filter((each) => each.device === device);
    return {
      device,
      isBusy: others.some((other) => other.rollout !== rollout && isAtWork(other)),
      candidates: others
        .filter((each) => this.isFree(each) && this.rolloutOf(each.rollout).state === 'running')
        .map((each) => ({ ...this.rolloutOf(each.rollout), rollout: each.rollout })),
      ...(this.suspended.has(device) ? { obstacle: 'lifecycle' as const } : {}),
    };
  }

  private isFree({ rollout, wave, state }: Assignment): boolean {
    return state === 'planned' && this.wavesOf(rollout)[wave]?.state !== 'pending';
  }

  private obey(id: string, command: RolloutCommand, nowMs: number): void {
    const { timeoutMs } = this.rolloutOf(id).settings;
    switch (command.kind) {
      case 'offer':
        for (const device of command.devices) this.offer(id, device, nowMs);
        return;
      case 'time-out':
        for (const device of command.devices) this.changeDevice(id, device, { kind: 'time-out', timeoutMs }, nowMs);
        return;
      case 'skip':
        for (const { device, reason } of command.devices)
          this.changeDevice(id, device, { kind: 'skip', reason }, nowMs);
        return;
      case 'cancel-all':
        for (const assignment of this.ofRollout(id).filter((each) => each.reason !== 'refused-to-stop'))
          this.change(assignment, { kind: 'cancel', cause: command.cause, timeoutMs }, nowMs);
        return;
      default:
        this.act(id, command, nowMs);
    }
  }

  private offer(id: string, device: string, nowMs: number): void {
    // A unique index over active assignments refuses a second one.
    if (this.assignments.some((each) => each.device === device && each.rollout !== id && isAtWork(each))) return;
    const assignment = this.find(id, device) as Assignment;
    const actionId = this.actions.size + 1;
    const { timeoutMs } = this.rolloutOf(id).settings;
    if (!this.change(assignment, { kind: 'offer', actionId, timeoutMs, needsConfirmation: this.asking.has(id) }, nowMs))
      return;
    promise(this.wavesOf(id)[assignment.wave]?.state !== 'pending', 'nobody is touched before the wave begins');
    promise(this.rolloutOf(id).state === 'running', 'nobody is offered anything by a rollout that does not run');
    this.actions.set(actionId, { rollout: id, device });
    this.offers.push({ rollout: id, atMs: nowMs });
  }

  private change(before: Assignment, event: AssignmentEvent, nowMs: number): boolean {
    const change = changeAssignment(before, event, nowMs);
    if (change.outcome !== 'changed') return false;
    const { assignment, entry } = change;
    promise(entry.version === before.version + 1 && assignment.version === entry.version, 'one entry for each change');
    promise(entry.from === before.state && entry.to === assignment.state, 'an entry tells where an assignment went');
    promise(!isClosed(before.state) || event.kind === 'retry', 'only a new attempt changes what is closed');
    promise(!this.closedActions.has(assignment.actionId ?? 0), 'an action id never lives again');
    this.assignments[this.assignments.indexOf(before)] = assignment;
    this.hear(before, event, before.actionId, assignment);
    const active = this.assignments.filter((each) => each.device === assignment.device && isAtWork(each));
    promise(active.length <= 1, 'a device has one active assignment at most');
    if (isClosed(assignment.state) && assignment.actionId !== undefined) this.closedActions.add(assignment.actionId);
    return true;
  }

  private hear(before: Assignment, event: AssignmentEvent, action = before.actionId, after?: Assignment): void {
    const word = firmwareWordOf(event, action, before, after);
    if (word === undefined) return;
    const known = this.firmware.get(before.device) ?? {};
    const learnt = learn(known, word);
    promise(learn(learnt, word) === learnt, 'a word that is repeated says nothing new');
    this.firmware.set(before.device, learnt);
  }

  private find(rollout: string, device: string): Assignment | undefined {
    return this.assignments.find((each) => each.rollout === rollout && each.device === device);
  }

  ofRollout(id: string): Assignment[] {
    return this.assignments.filter(({ rollout }) => rollout === id);
  }

  private wavesOf(id: string): Wave[] {
    return this.waves.get(id) as Wave[];
  }
}

export function isAtWork({ state }: Assignment): boolean {
  return isActive(state);
}
