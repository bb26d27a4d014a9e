import { withRoom } from '../columns.js';
import { DeviceEvaluator, type DeviceState } from './device-evaluator.js';
import { DeviceKeys } from './device-keys.js';
import type { DevicePlan } from './device-plan.js';
import { StateSlab } from './state-slab.js';

/** Devices of a tenant that share a plan. */
interface Cohort {
  readonly number: number;
  readonly tenant: string;
  readonly plan: DevicePlan;
  readonly slab: StateSlab;
  /** What is remembered of a device in which nothing was ever silent. Where readings are looked at, each has a state of its own. */
  readonly atRest: Float64Array | undefined;
  members: number;
}

/** What a device's plan and its limits follow from. */
interface Followed {
  readonly revision: number;
}

/**
 * What is remembered of a partition's devices, by their numbers: columns and slabs, so that a device under a rule about silence
 * takes some 30 bytes beside its key and its deadline, and the garbage collector finds nothing to look through.
 */
export class EvaluatedDevices<Known extends Followed = Followed> {
  private readonly keys = new DeviceKeys();
  private cohortOf = new Uint32Array();
  /** Rows of their cohorts' slabs, each one higher; 0 = at rest. */
  private rowOf = new Uint32Array();
  private rulesRevisionOf = new Uint32Array();
  /** Changes of all devices are counted together: more than 32 bits may count. */
  private deviceRevisionOf = new Float64Array();
  private readonly known: (Known | undefined)[] = [];
  private changed = new Uint8Array();
  private readonly cohorts: (Cohort | undefined)[] = [];
  private readonly cohortsOf = new Map<DevicePlan, Cohort>();
  private readonly slabs = new Map<string, StateSlab>();

  get size(): number {
    return this.keys.size;
  }

  /** @returns the device's number, or `none` */
  find(key: string): number {
    return this.keys.find(key);
  }

  keyOf(device: number): string {
    return this.keys.keyOf(device);
  }

  planOf(device: number): DevicePlan {
    return this.cohort(device).plan;
  }

  tenantOf(device: number): string {
    return this.cohort(device).tenant;
  }

  /** Those that are there when it is their turn. */
  *all(): Generator<number> {
    for (let device = 0; device < this.keys.limit; device += 1) if (this.keys.has(device)) yield device;
  }

  /** Whether the device is under its plan by these rules, and by what was known of it then. */
  hasFollowed(device: number, rulesRevision: number, deviceRevision: number): boolean {
    return this.rulesRevisionOf[device] === rulesRevision && this.deviceRevisionOf[device] === deviceRevision;
  }

  follow(device: number, rulesRevision: number, known: Known): void {
    this.rulesRevisionOf[device] = rulesRevision;
    this.deviceRevisionOf[device] = known.revision;
    this.known[device] = known;
  }

  /** What was known of the device when it followed last. */
  followedBy(device: number): Known | undefined {
    return this.known[device];
  }

  /** @param state is copied @returns the number of the new device */
  add(key: string, tenant: string, plan: DevicePlan, state: DeviceState): number {
    const device = this.keys.add(key);
    const { limit } = this.keys;
    this.cohortOf = withRoom(this.cohortOf, limit);
    this.rowOf = withRoom(this.rowOf, limit);
    this.rulesRevisionOf = withRoom(this.rulesRevisionOf, limit);
    this.deviceRevisionOf = withRoom(this.deviceRevisionOf, limit);
    this.changed = withRoom(this.changed, limit);
    this.join(device, this.cohortFor(tenant, plan), state);
    return device;
  }

  /** Puts a device under another plan of its tenant. @param state is copied */
  move(device: number, plan: DevicePlan, state: DeviceState): void {
    const { tenant } = this.cohort(device);
    this.leave(device);
    this.join(device, this.cohortFor(tenant, plan), state);
  }

  remove(device: number): void {
    this.leave(device);
    this.changed[device] = 0;
    this.known[device] = undefined;
    this.keys.remove(device);
  }

  /** Of a device that was at rest as well: it has a state of its own from then on. */
  evaluator(device: number): DeviceEvaluator {
    const { plan, slab, atRest } = this.cohort(device);
    if (this.rowOf[device] === 0)
      this.rowOf[device] = 1 + slab.add({ numbers: atRest as Float64Array, from: 0, buffers: [] });
    return new DeviceEvaluator(plan, slab.stateOf((this.rowOf[device] as number) - 1));
  }

  /** A copy of its numbers; the buffers are the device's own. */
  stateOf(device: number): DeviceState {
    const { plan, slab, atRest } = this.cohort(device);
    const row = this.rowOf[device] as number;
    if (row === 0) return { numbers: (atRest as Float64Array).slice(), from: 0, buffers: [] };
    const { numbers, from, buffers } = slab.stateOf(row - 1);
    return { numbers: numbers.slice(from, from + plan.slots), from: 0, buffers };
  }

  touch(device: number): void {
    this.changed[device] = 1;
  }

  /** Those that were touched since the last time. */
  takeTouched(): number[] {
    const touched: number[] = [];
    for (let device = this.changed.indexOf(1); device >= 0; device = this.changed.indexOf(1, device + 1))
      touched.push(device);
    this.changed.fill(0);
    return touched;
  }

  private cohort(device: number): Cohort {
    return this.cohorts[this.cohortOf[device] as number] as Cohort;
  }

  private join(device: number, cohort: Cohort, state: DeviceState): void {
    cohort.members += 1;
    this.cohortOf[device] = cohort.number;
    const isAtRest = cohort.atRest?.every((number, i) => Object.is(number, state.numbers[i])) ?? false;
    this.rowOf[device] = isAtRest ? 0 : 1 + cohort.slab.add(state);
  }

  private leave(device: number): void {
    const cohort = this.cohort(device);
    const row = this.rowOf[device] as number;
    if (row > 0) cohort.slab.remove(row - 1);
    cohort.members -= 1;
    if (cohort.members > 0) return;
    this.cohorts[cohort.number] = undefined;
    this.cohortsOf.delete(cohort.plan);
  }

  private cohortFor(tenant: string, plan: DevicePlan): Cohort {
    const known = this.cohortsOf.get(plan);
    if (known !== undefined) return known;
    const free = this.cohorts.indexOf(undefined);
    const number = free < 0 ? this.cohorts.length : free;
    const atRest = plan.lanes.length === 0 ? plan.newNumbers() : undefined;
    const cohort = { number, tenant, plan, slab: this.slabFor(plan), atRest, members: 0 };
    this.cohorts[number] = cohort;
    this.cohortsOf.set(plan, cohort);
    return cohort;
  }

  private slabFor({ slots, lanes }: DevicePlan): StateSlab {
    const kind = `${slots} ${lanes.length > 0}`;
    const slab = this.slabs.get(kind) ?? new StateSlab(slots, lanes.length > 0);
    this.slabs.set(kind, slab);
    return slab;
  }
}
