import { type DeviceMemory, DeviceEvaluator } from './device-evaluator.js';
import { Heartbeats } from '../heartbeats/heartbeats.js';
import { LiveClock, type LiveClockState } from '../heartbeats/live-clock.js';
import type { Absence, DevicePlan } from './device-plan.js';
import type { Reading } from './reading.js';
import type { Arrival } from './reorder-buffer.js';
import type { DeviceFacts, ReadingSource, RuleBook } from './rule-book.js';
import type { FindLimit } from './rule-program.js';
import type { Transition } from './transition.js';

/** What is known of a device beside its readings. */
export interface KnownDevice {
  readonly facts: DeviceFacts;
  readonly limits: FindLimit;
  /** How long the device may be silent where a rule does not say: three report intervals of its profile. */
  readonly silenceMs: number;
  /** Another one whenever facts or limits have changed. */
  readonly revision: number;
}

export interface Surroundings {
  /** Undefined for a tenant without rules. */
  rulesOf(tenant: string): RuleBook | undefined;
  /** @param key `<tenant>/<device>`; undefined while its state has not arrived */
  deviceOf(key: string): KnownDevice | undefined;
}

/** @param key `<tenant>/<device>` of the device that it is about */
export type DeviceTransitionSink = (key: string, transition: Transition) => void;

interface Evaluated {
  readonly plan: DevicePlan;
  readonly evaluator: DeviceEvaluator;
  /** Numbers by which the plan's absences are watched. */
  watches: readonly number[];
  rulesRevision: number;
  deviceRevision: number;
}

/** What is remembered of a partition beside its devices. */
export type PartitionMemory = LiveClockState;

/** There is one wheel here: this partition's. */
const wheel = 0;

/** What became of readings; one reading counts once in every lane of its device. */
export type Arrivals = Record<Arrival, number>;

/**
 * The devices of one partition under the rules of their tenants. Deterministic: the same records and the same changes in the
 * same order give the same transitions, from whatever point what it remembered is recalled.
 */
export class PartitionEvaluator {
  readonly arrivals: Arrivals = { taken: 0, late: 0, duplicate: 0 };
  private readonly devices = new Map<string, Evaluated>();
  private readonly clock = new LiveClock();
  private readonly watched = new Watches();
  private readonly heartbeats: Heartbeats;
  /** Watches of what is absent, by which rules with a schedule ask. */
  private readonly absentBySchedule = new Set<number>();
  /** Of the record that is at work. */
  private moment: { readonly atMs: number; readonly sink: DeviceTransitionSink } | undefined;
  private touched = new Set<string>();
  /** Tenants whose devices have not all followed their rules. */
  private readonly behind = new Set<string>();

  /** @param source what the records of the partition are; rules about the other one are none of its business */
  constructor(
    private readonly surroundings: Surroundings,
    private readonly source: ReadingSource = 'measurements',
  ) {
    this.heartbeats = new Heartbeats({
      silent: (watch) => this.setAbsent(watch, true),
      heard: (watch) => this.setAbsent(watch, false),
    });
  }

  /** Devices of which something is remembered. */
  get size(): number {
    return this.devices.size;
  }

  /** @param key `<tenant>/<device>` @param receivedAtMs when the gateway received them */
  take(key: string, readings: readonly Reading[], receivedAtMs: number, sink: DeviceTransitionSink): void {
    const device = this.current(key);
    if (device === undefined) return;
    this.touched.add(key);
    this.hear(device, readings, { atMs: receivedAtMs, sink });
    for (const reading of readings) {
      const arrivals = device.evaluator.take(reading, (transition) => sink(key, transition));
      for (const arrival of arrivals) this.arrivals[arrival] += 1;
    }
  }

  /** To be called when what is known of a device has changed, before its next reading. */
  refresh(key: string): void {
    if (this.devices.has(key)) this.current(key);
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
    for (const key of [...this.devices.keys()]) if (this.behind.has(tenantOf(key))) this.current(key);
    this.behind.clear();
  }

  /** A gateway's tick: what was not heard by now is silent. @param atMs the gateway's clock */
  tick(gateway: string, atMs: number, sink: DeviceTransitionSink): void {
    this.settle();
    this.clock.tick(gateway, atMs);
    this.moment = { atMs, sink };
    this.heartbeats.advance(wheel, this.clock.nowMs);
    for (const watch of this.absentBySchedule) this.askBySchedule(watch);
    this.moment = undefined;
  }

  memory(): PartitionMemory {
    return this.clock.save();
  }

  /** To be called before devices are recalled. */
  recallPartition(memory: PartitionMemory): void {
    this.clock.restore(memory);
    this.heartbeats.advance(wheel, this.clock.nowMs);
  }

  /** What has to be saved since the last time: of devices that no rule concerns any more, undefined. */
  *changes(): Generator<[key: string, memory: DeviceMemory | undefined]> {
    const { touched } = this;
    this.touched = new Set();
    for (const key of touched) yield [key, this.devices.get(key)?.evaluator.memory()];
  }

  /** What `changes` has given and was not saved after all. */
  keepChanged(keys: Iterable<string>): void {
    for (const key of keys) this.touched.add(key);
  }

  /** To be called before anything is taken. */
  recall(key: string, memory: DeviceMemory): void {
    if (this.current(key, memory) === undefined) this.touched.add(key);
  }

  private hear(device: Evaluated, readings: readonly Reading[], moment: NonNullable<typeof this.moment>): void {
    if (device.watches.length === 0) return;
    this.moment = moment;
    const { absences } = device.plan;
    for (const heard of device.evaluator.hear(readings, this.clock.nowMs))
      this.heartbeats.hear(device.watches[absences.indexOf(heard)] as number, wheel);
    this.moment = undefined;
  }

  private setAbsent(watch: number, absent: boolean): void {
    const { key, evaluator, absence } = this.watchedBy(watch);
    const { atMs, sink } = this.moment as NonNullable<typeof this.moment>;
    this.touched.add(key);
    evaluator.setAbsent(absence, absent, atMs, (transition) => sink(key, transition));
    this.noteAbsence(watch, absence, absent);
  }

  /** Nothing is heard that would make its rule be asked. */
  private askBySchedule(watch: number): void {
    const { key, evaluator, absence } = this.watchedBy(watch);
    const { atMs, sink } = this.moment as NonNullable<typeof this.moment>;
    if (evaluator.askBySchedule(absence, atMs, (transition) => sink(key, transition))) this.touched.add(key);
  }

  private noteAbsence(watch: number, { rule }: Absence, absent: boolean): void {
    if (absent && rule.hasSchedule) this.absentBySchedule.add(watch);
    else this.absentBySchedule.delete(watch);
  }

  private watchedBy(watch: number): { key: string; evaluator: DeviceEvaluator; absence: Absence } {
    const { key, number } = this.watched.get(watch);
    const { evaluator, plan } = this.devices.get(key) as Evaluated;
    return { key, evaluator, absence: plan.absences[number] as Absence };
  }

  /** Watches what the device's rules want to be watched, as the device remembers it. */
  private watch({ key, device, known, before }: ToWatch): void {
    if (before !== undefined) this.unwatch(before);
    device.watches = device.plan.absences.map((absence, number) => {
      const watch = this.watched.add({ key, number }, (free) => this.heartbeats.isFree(free));
      const saved = {
        heardMs: device.evaluator.heardMs(absence, this.clock.nowMs),
        silent: device.evaluator.isAbsent(absence),
      };
      this.heartbeats.resume(watch, wheel, absence.program.windowMs ?? known.silenceMs, saved);
      this.noteAbsence(watch, absence, saved.silent);
      return watch;
    });
  }

  private unwatch(device: Evaluated): void {
    for (const watch of device.watches) {
      this.heartbeats.unwatch(watch);
      this.watched.remove(watch);
      this.absentBySchedule.delete(watch);
    }
    device.watches = [];
  }

  /** The device under the rules as they are now. @param memory of a device of which nothing is known yet */
  private current(key: string, memory?: DeviceMemory): Evaluated | undefined {
    const rules = this.surroundings.rulesOf(tenantOf(key));
    const known = this.surroundings.deviceOf(key);
    const device = this.devices.get(key);
    if (rules === undefined || known === undefined) return this.forget(key);
    if (device?.rulesRevision === rules.revision && device.deviceRevision === known.revision) return device;
    const plan = rules.planFor(known.facts, this.source);
    if (plan.slots === 0) return this.forget(key);
    const next = device?.plan === plan ? device : moved(plan, memory ?? device?.evaluator.memory());
    next.rulesRevision = rules.revision;
    next.deviceRevision = known.revision;
    next.evaluator.setLimits(known.limits);
    this.devices.set(key, next);
    if (next !== device) this.touched.add(key);
    this.watch({ key, device: next, known, before: device });
    return next;
  }

  private forget(key: string): undefined {
    const device = this.devices.get(key);
    if (device === undefined) return;
    this.unwatch(device);
    this.devices.delete(key);
    this.touched.add(key);
  }
}

function tenantOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}

function moved(plan: DevicePlan, memory: DeviceMemory | undefined): Evaluated {
  const evaluator = new DeviceEvaluator(plan);
  if (memory !== undefined) evaluator.recall(memory);
  return { plan, evaluator, watches: [], rulesRevision: -1, deviceRevision: -1 };
}

interface ToWatch {
  readonly key: string;
  readonly device: Evaluated;
  readonly known: KnownDevice;
  readonly before: Evaluated | undefined;
}

interface Watched {
  readonly key: string;
  /** Of the absence in the device's plan. */
  readonly number: number;
}

/** Numbers for what is watched; those that are given up are given out again when they may be. */
class Watches {
  private readonly watched: (Watched | undefined)[] = [];
  /** The one that was given up first is first. */
  private readonly givenUp: number[] = [];

  add(one: Watched, isFree: (watch: number) => boolean): number {
    const [first] = this.givenUp;
    const again = first !== undefined && isFree(first) ? this.givenUp.shift() : undefined;
    const watch = again ?? this.watched.length;
    this.watched[watch] = one;
    return watch;
  }

  get(watch: number): Watched {
    return this.watched[watch] as Watched;
  }

  remove(watch: number): void {
    this.watched[watch] = undefined;
    this.givenUp.push(watch);
  }
}
