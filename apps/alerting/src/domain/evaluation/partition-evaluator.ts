import { LiveClock, type LiveClockState } from '../heartbeats/live-clock.js';
import { AbsenceWatches } from './absence-watches.js';
import { DeviceEvaluator, type DeviceMemory, newState } from './device-evaluator.js';
import { none } from './device-keys.js';
import type { Absence, DevicePlan } from './device-plan.js';
import { EvaluatedDevices } from './evaluated-devices.js';
import type { ExpectedSilence } from './expected-silence.js';
import { decodeFormerHeardTimes, decodeHeardTimes, encodeHeardTimes } from './heard-times.js';
import { truths } from './leaf-program.js';
import { OpenRounds, type PassedSink } from './open-rounds.js';
import type { Reading } from './reading.js';
import type { Arrival } from './reorder-buffer.js';
import type { DeviceFacts, ReadingSource, RuleBook } from './rule-book.js';
import type { FindLimit, RuleProgram } from './rule-program.js';
import type { Transition } from './transition.js';

/** What is known of a device beside its readings. */
export interface KnownDevice {
  readonly facts: DeviceFacts;
  readonly limits: FindLimit;
  /** How long the device may be silent where a rule does not say: three report intervals of its profile. */
  readonly silenceMs: number;
  /** Another one whenever facts or limits have changed. */
  readonly revision: number;
  /** While it is false, the device need not be looked up again. */
  readonly isReplaced?: boolean;
}

export interface Surroundings {
  /** Undefined for a tenant without rules. */
  rulesOf(tenant: string): RuleBook | undefined;
  /** @param key `<tenant>/<device>`; undefined while its state has not arrived */
  deviceOf(key: string): KnownDevice | undefined;
  /** Undefined for a tenant of which no silence is expected. */
  expectedSilenceOf(tenant: string): ExpectedSilence | undefined;
  /** The rules that compare devices with each other; absent: there are none. */
  comparing?(): Iterable<readonly [tenant: string, rule: RuleProgram]>;
}

/** @param key `<tenant>/<device>` of the device that it is about */
export type DeviceTransitionSink = (key: string, transition: Transition) => void;

/** What is remembered of a partition beside its devices. */
export interface PartitionMemory extends LiveClockState {
  /**
   * When devices were heard last of which nothing else changes with a report, by their numbers: so a report that says nothing but
   * that its device is there makes nothing of the device itself to save.
   */
  readonly heardAt?: string;
  /** The same as it was saved formerly. */
  readonly heard?: string;
  /** Up to where gateways' clocks have got, as far as rounds of peers go by it. */
  readonly reachedMs?: number;
}

/** What became of readings; one reading counts once in every lane of its device. */
export type Arrivals = Record<Arrival, number>;

/**
 * The devices of one partition under the rules of their tenants. Deterministic: the same records and the same changes in the
 * same order give the same transitions, from whatever point what it remembered is recalled.
 */
export class PartitionEvaluator {
  readonly arrivals: Arrivals = { taken: 0, late: 0, duplicate: 0 };
  private readonly devices = new EvaluatedDevices<KnownDevice>();
  private readonly clock = new LiveClock();
  private readonly watches = new AbsenceWatches(
    (device, nth, absent) => this.setAbsent(device, nth, absent),
    (device) => this.excuseDevice(device),
  );
  private readonly rounds = new OpenRounds(this.devices, this.arrivals);
  /** Of the record that is at work. */
  private moment: { readonly atMs: number; readonly sink: DeviceTransitionSink } | undefined;
  /** Keys of devices that were remembered and are no more, as far as that is not saved. */
  private gone = new Set<string>();
  /** Of the devices that are recalled, by the numbers that they had. */
  private recalledHeardMs: readonly number[] = [];
  /** Tenants whose devices have not all followed their rules. */
  private readonly behind = new Set<string>();

  /** @param source what the records of the partition are; rules about the other one are none of its business */
  constructor(
    private readonly surroundings: Surroundings,
    private readonly source: ReadingSource = 'measurements',
  ) {}

  /** Devices of which something is remembered. */
  get size(): number {
    return this.devices.size;
  }

  /** @param key `<tenant>/<device>` @param receivedAtMs when the gateway received them */
  take(key: string, readings: readonly Reading[], receivedAtMs: number, sink: DeviceTransitionSink): void {
    const device = this.current(key);
    if (device === none) return;
    const plan = this.devices.planOf(device);
    this.hear(device, plan, readings, { atMs: receivedAtMs, sink });
    if (plan.peers.length > 0) this.rounds.keep(device, plan.peers, readings);
    if (plan.lanes.length === 0) return;
    this.devices.touch(device);
    const evaluator = this.devices.evaluator(device);
    for (const reading of readings) {
      const arrivals = evaluator.take(reading, (transition) => sink(key, transition));
      for (const arrival of arrivals) this.arrivals[arrival] += 1;
    }
  }

  /**
   * A device of this partition that a rule wants to hear of: if nothing is known of it, it counts as heard now. To be called
   * when it, or a rule on it, is new, and for all of them when everything is recalled: what is new between two of the latter is as
   * if it had come at once, as long as `changes` are saved before.
   */
  meet(key: string): void {
    if (this.devices.find(key) !== none) return;
    const known = this.surroundings.deviceOf(key);
    const plan = known && this.surroundings.rulesOf(tenantOf(key))?.planFor(known.facts, this.source);
    if (plan !== undefined && plan.absences.length > 0) this.current(key);
  }

  /** To be called when what is known of a device has changed, before its next reading. */
  refresh(key: string): void {
    if (this.devices.find(key) !== none) this.current(key);
  }

  /**
   * To be called when rules of a tenant have changed. Its devices follow with their next reading, at the latest with the next
   * tick, so that nobody waits for all of them. Before rules or facts change, `settle` is called and `changes` are saved: then it
   * does not matter when a device followed.
   */
  rulesChanged(tenant: string): void {
    this.behind.add(tenant);
  }

  /** Lets all devices follow the last changes of rules. */
  settle(): void {
    if (this.behind.size === 0) return;
    for (const device of this.devices.all())
      if (this.behind.has(this.devices.tenantOf(device))) this.current(this.devices.keyOf(device));
    this.behind.clear();
  }

  /**
   * To be called before a device changes, or what says when its silence is expected: up to the last tick counts what was said
   * until now, and what was expected then counts up to the next one. `changes` are saved between this and the change.
   */
  excuse(key: string): void {
    const device = this.devices.find(key);
    if (device !== none) this.excuseBeforeChange(device);
  }

  /** As `excuse`, of all devices of a tenant. */
  excuseAllOf(tenant: string): void {
    if (this.surroundings.expectedSilenceOf(tenant) === undefined) return;
    for (const device of this.devices.all())
      if (this.devices.tenantOf(device) === tenant) this.excuseBeforeChange(device);
  }

  /**
   * A gateway's tick: what was not heard by now is silent, and rounds of peers are over.
   * @param atMs the gateway's clock @param onPassed is told of rounds that are over
   */
  tick(gateway: string, atMs: number, sink: DeviceTransitionSink, onPassed: PassedSink = () => undefined): void {
    this.settle();
    if (!this.clock.goesOnWith(gateway, atMs)) this.excuseAllUpTo(atMs);
    this.clock.tick(gateway, atMs);
    this.moment = { atMs, sink };
    this.watches.advance(this.clock.nowMs);
    for (const [device, nth] of this.watches.bySchedule()) this.askBySchedule(device, nth);
    this.moment = undefined;
    this.rounds.reach(this.surroundings.comparing?.() ?? [], this.clock.reachedMs, onPassed);
  }

  memory(): PartitionMemory {
    const heardMs = this.allHeardMs();
    const { reachedMs } = this.rounds;
    return {
      ...this.clock.save(),
      ...(heardMs.length === 0 ? {} : { heardAt: encodeHeardTimes(heardMs) }),
      ...(Number.isFinite(reachedMs) ? { reachedMs } : {}),
    };
  }

  /** To be called before devices are recalled. */
  recallPartition(memory: PartitionMemory): void {
    this.clock.restore(memory);
    this.rounds.reachedMs = memory.reachedMs ?? Number.NEGATIVE_INFINITY;
    this.watches.advance(this.clock.nowMs);
    this.recalledHeardMs =
      memory.heardAt === undefined ? decodeFormerHeardTimes(memory.heard ?? '') : decodeHeardTimes(memory.heardAt);
  }

  /** What has to be saved since the last time: of devices that no rule concerns any more, undefined. */
  *changes(): Generator<[key: string, memory: DeviceMemory | undefined]> {
    const { gone } = this;
    this.gone = new Set();
    this.recalledHeardMs = [];
    for (const device of this.devices.takeTouched()) {
      if (this.willBeTimed(device)) this.devices.touch(device);
      yield [this.devices.keyOf(device), this.memoryOf(device)];
    }
    for (const key of gone) yield [key, undefined];
  }

  /** What `changes` has given and was not saved after all. */
  keepChanged(keys: Iterable<string>): void {
    for (const key of keys) {
      const device = this.devices.find(key);
      if (device === none) this.gone.add(key);
      else this.devices.touch(device);
    }
  }

  /** To be called before anything is taken. */
  recall(key: string, memory: DeviceMemory): void {
    if (this.current(key, memory) === none) this.gone.add(key);
  }

  private hear(
    device: number,
    { absences }: DevicePlan,
    readings: readonly Reading[],
    moment: NonNullable<typeof this.moment>,
  ): void {
    this.moment = moment;
    for (let nth = 0; nth < absences.length; nth += 1)
      if ((absences[nth] as Absence).program.isHeardIn(readings)) this.watches.hear(device, nth);
    this.moment = undefined;
  }

  /** Before the ticks' clock jumps: behind a jump it does not tell how long ago in live time an earlier moment was. */
  private excuseAllUpTo(atMs: number): void {
    for (const device of this.devices.all()) this.excuseDevice(device, atMs);
  }

  /**
   * Up to the last moment at which its silence was expected a device counts as heard, as a whole, as if it had reported then.
   * @param atMs up to when, if that is after the last tick: live time stood still since then
   */
  private excuseDevice(device: number, atMs = Number.NEGATIVE_INFINITY): void {
    const expected = this.surroundings.expectedSilenceOf(this.devices.tenantOf(device));
    const known = this.devices.followedBy(device);
    const { atMs: tickedAtMs, nowMs } = this.clock;
    if (expected === undefined || known === undefined || tickedAtMs === undefined) return;
    const heardAtMs = tickedAtMs - (nowMs - this.heardMs(device));
    const untilMs = expected.latestMs(known.facts, heardAtMs, Math.max(tickedAtMs, atMs));
    this.excuseUntil(device, nowMs - Math.max(0, tickedAtMs - untilMs));
  }

  /** What ends now, somewhere between two ticks, ends with the next one. */
  private excuseBeforeChange(device: number): void {
    this.excuseDevice(device);
    const expected = this.surroundings.expectedSilenceOf(this.devices.tenantOf(device));
    const known = this.devices.followedBy(device);
    const { atMs } = this.clock;
    if (expected === undefined || known === undefined || atMs === undefined) return;
    const isExpectedStill = expected.latestMs(known.facts, Number.NEGATIVE_INFINITY, atMs) === atMs;
    if (isExpectedStill) this.excuseUntil(device, Number.POSITIVE_INFINITY);
  }

  private excuseUntil(device: number, untilLiveMs: number): void {
    const { lanes, absences } = this.devices.planOf(device);
    const isLater = absences.map((_, nth) => this.watches.excuse(device, nth, untilLiveMs));
    if (lanes.length > 0 && isLater.includes(true)) this.devices.touch(device);
  }

  private setAbsent(device: number, nth: number, absent: boolean): void {
    const absence = this.devices.planOf(device).absences[nth] as Absence;
    const { atMs, sink } = this.moment as NonNullable<typeof this.moment>;
    this.devices.touch(device);
    const key = this.devices.keyOf(device);
    this.devices.evaluator(device).setAbsent(absence, absent, atMs, (transition) => sink(key, transition));
    this.watches.noteBySchedule(device, nth, absent && absence.rule.hasSchedule);
  }

  /** Nothing is heard that would make its rule be asked. */
  private askBySchedule(device: number, nth: number): void {
    const absence = this.devices.planOf(device).absences[nth] as Absence;
    const { atMs, sink } = this.moment as NonNullable<typeof this.moment>;
    const key = this.devices.keyOf(device);
    const evaluator = this.devices.evaluator(device);
    if (evaluator.askBySchedule(absence, atMs, (transition) => sink(key, transition))) this.devices.touch(device);
  }

  /** The device under the rules as they are now, or `none`. @param memory of a device of which nothing is known yet */
  private current(key: string, memory?: DeviceMemory): number {
    const device = this.devices.find(key);
    const tenant = device === none ? tenantOf(key) : this.devices.tenantOf(device);
    const rules = this.surroundings.rulesOf(tenant);
    const known = this.knownDevice(device, key);
    if (rules === undefined || known === undefined) return this.forget(device);
    if (device !== none && this.devices.hasFollowed(device, rules.revision, known.revision)) return device;
    const plan = rules.planFor(known.facts, this.source);
    if (plan.slots === 0) return this.forget(device);
    const isUnderPlan = device !== none && this.devices.planOf(device) === plan;
    const next = isUnderPlan ? this.renew(device, known) : this.place({ key, device, plan, known, memory });
    this.devices.follow(next, rules.revision, known);
    return next;
  }

  private knownDevice(device: number, key: string): KnownDevice | undefined {
    const known = device === none ? undefined : this.devices.followedBy(device);
    return known?.isReplaced === false ? known : this.surroundings.deviceOf(key);
  }

  /** Takes over what is known of a device that stays under its plan. */
  private renew(device: number, { limits, silenceMs }: KnownDevice): number {
    const { lanes, absences } = this.devices.planOf(device);
    // Limits are about readings.
    if (lanes.length > 0) this.devices.evaluator(device).setLimits(limits);
    for (const [nth, { program }] of absences.entries())
      this.watches.setTimeout(device, nth, program.windowMs ?? silenceMs);
    return device;
  }

  /** Puts a device under another plan, with what it remembers. */
  private place({ key, device, plan, known, memory }: ToPlace): number {
    const state = newState(plan);
    const evaluator = new DeviceEvaluator(plan, state);
    const remembered = memory ?? (device === none ? undefined : this.memoryOf(device));
    if (remembered !== undefined) evaluator.recall(remembered);
    evaluator.setLimits(known.limits);
    // What was heard since its memory was saved was heard of the device as a whole; NaN, of a new rule, stays that.
    const sinceMs = this.recalledHeardMs[memory?.number ?? none] ?? 0;
    const heardMs = plan.absences.map(({ program, at }) => Math.max(program.takeHeard(state.numbers, at), sinceMs));
    if (device !== none) this.unwatch(device);
    const placed = device === none ? this.devices.add(key, tenantOf(key), plan, state) : device;
    if (device !== none) this.devices.move(device, plan, state);
    this.gone.delete(key);
    this.devices.touch(placed);
    for (const [nth, { rule, program, at }] of plan.absences.entries()) {
      const saved = { heardMs: heardMs[nth] as number, silent: program.truth(state.numbers, at) === truths.yes };
      this.watches.resume(placed, nth, program.windowMs ?? known.silenceMs, saved);
      this.watches.noteBySchedule(placed, nth, saved.silent && rule.hasSchedule);
    }
    return placed;
  }

  /**
   * Whether the next tick makes something else of what is saved of the device now: then it is saved once more. Of a device that
   * rests between reports it does not, where it makes the same of all: that stands in the times of all devices.
   */
  private willBeTimed(device: number): boolean {
    const { lanes, absences } = this.devices.planOf(device);
    const untimed = absences.filter((_, nth) => this.watches.isUntimed(device, nth)).length;
    return untimed > 0 && (lanes.length > 0 || untimed < absences.length);
  }

  private memoryOf(device: number): DeviceMemory {
    const plan = this.devices.planOf(device);
    const state = this.devices.stateOf(device);
    for (const [nth, { program, at }] of plan.absences.entries())
      program.setHeard(state.numbers, at, this.watches.heardMs(device, nth));
    return { ...new DeviceEvaluator(plan, state).memory(), number: device };
  }

  /** Of devices that rest between reports: a report is heard by all that their rules watch, so the earliest is never too late. */
  private allHeardMs(): number[] {
    const times: number[] = [];
    for (const device of this.devices.all()) {
      const { lanes, absences } = this.devices.planOf(device);
      if (lanes.length > 0 || absences.length === 0) continue;
      while (times.length < device) times.push(0);
      times[device] = this.heardMs(device);
    }
    return times;
  }

  /** When the earliest of what is watched of a device was heard. */
  private heardMs(device: number): number {
    const { absences } = this.devices.planOf(device);
    return Math.min(...absences.map((_, nth) => this.watches.heardMs(device, nth)));
  }

  private unwatch(device: number): void {
    for (const nth of this.devices.planOf(device).absences.keys()) this.watches.unwatch(device, nth);
  }

  private forget(device: number): typeof none {
    if (device === none) return none;
    this.gone.add(this.devices.keyOf(device));
    this.unwatch(device);
    this.devices.remove(device);
    return none;
  }
}

function tenantOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}

interface ToPlace {
  readonly key: string;
  /** `none` for one of which nothing is remembered yet. */
  readonly device: number;
  readonly plan: DevicePlan;
  readonly known: KnownDevice;
  readonly memory: DeviceMemory | undefined;
}
