import { type DeviceMemory, DeviceEvaluator } from './device-evaluator.js';
import type { DevicePlan } from './device-plan.js';
import type { Reading } from './reading.js';
import type { Arrival } from './reorder-buffer.js';
import type { DeviceFacts, RuleBook } from './rule-book.js';
import type { FindLimit } from './rule-program.js';
import type { Transition } from './transition.js';

/** What is known of a device beside its readings. */
export interface KnownDevice {
  readonly facts: DeviceFacts;
  readonly limits: FindLimit;
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
  plan: DevicePlan;
  evaluator: DeviceEvaluator;
  rulesRevision: number;
  deviceRevision: number;
}

/** What became of readings; one reading counts once in every lane of its device. */
export type Arrivals = Record<Arrival, number>;

/**
 * The devices of one partition under the rules of their tenants. Deterministic: the same records and the same changes in the
 * same order give the same transitions, from whatever point what it remembered is recalled.
 */
export class PartitionEvaluator {
  readonly arrivals: Arrivals = { taken: 0, late: 0, duplicate: 0 };
  private readonly devices = new Map<string, Evaluated>();
  private touched = new Set<string>();
  private behind: { readonly tenant: string; readonly keys: Iterator<string, undefined> } | undefined;

  constructor(private readonly surroundings: Surroundings) {}

  /** Devices of which something is remembered. */
  get size(): number {
    return this.devices.size;
  }

  /** @param key `<tenant>/<device>` */
  take(key: string, readings: readonly Reading[], sink: DeviceTransitionSink): void {
    const device = this.current(key);
    if (device === undefined) return;
    this.touched.add(key);
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
   * To be called when rules of a tenant have changed. Devices follow with their next reading or with `sweep`, whichever comes
   * first, so that nobody waits for all of them; before the next change of rules all must have followed (`settle`) and have been
   * saved, so that it does not matter which it was.
   */
  rulesChanged(tenant: string): void {
    this.behind = { tenant, keys: this.devices.keys() };
  }

  /** Lets some more devices follow. @returns whether there are more */
  sweep(devices: number): boolean {
    for (let left = devices; left > 0 && this.behind !== undefined; left -= 1) {
      const { value: key, done } = this.behind.keys.next();
      if (done === true) this.behind = undefined;
      else if (key.startsWith(`${this.behind.tenant}/`)) this.current(key);
    }
    return this.behind !== undefined;
  }

  settle(): void {
    this.sweep(Number.POSITIVE_INFINITY);
  }

  /** What has to be saved since the last time: of devices that no rule concerns any more, undefined. */
  *changes(): Generator<[key: string, memory: DeviceMemory | undefined]> {
    const { touched } = this;
    this.touched = new Set();
    for (const key of touched) yield [key, this.devices.get(key)?.evaluator.memory()];
  }

  /** To be called before anything is taken. */
  recall(key: string, memory: DeviceMemory): void {
    const device = this.current(key);
    if (device === undefined) this.touched.add(key);
    else device.evaluator.recall(memory);
  }

  /** The device under the rules as they are now. */
  private current(key: string): Evaluated | undefined {
    const rules = this.surroundings.rulesOf(key.slice(0, key.indexOf('/')));
    const known = this.surroundings.deviceOf(key);
    const device = this.devices.get(key);
    if (rules === undefined || known === undefined) return this.forget(key);
    if (device?.rulesRevision === rules.revision && device.deviceRevision === known.revision) return device;
    const plan = rules.planFor(known.facts);
    if (plan.slots === 0) return this.forget(key);
    const next = device?.plan === plan ? device : this.moved(device, plan);
    if (next !== device) this.touched.add(key);
    next.rulesRevision = rules.revision;
    next.deviceRevision = known.revision;
    next.evaluator.setLimits(known.limits);
    this.devices.set(key, next);
    return next;
  }

  private moved(device: Evaluated | undefined, plan: DevicePlan): Evaluated {
    const evaluator = new DeviceEvaluator(plan);
    if (device !== undefined) evaluator.recall(device.evaluator.memory());
    return { plan, evaluator, rulesRevision: -1, deviceRevision: -1 };
  }

  private forget(key: string): undefined {
    if (this.devices.delete(key)) this.touched.add(key);
  }
}
