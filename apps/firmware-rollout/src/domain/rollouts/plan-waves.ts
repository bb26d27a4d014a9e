import { type Obstacle, obstacles } from '../assignments/assignment.js';
import { inOrderOf } from './device-order.js';
import { type DeviceScope, compileScope } from './device-scope.js';
import { type ReleaseDemands, type UpdatableDevice, obstacleFinder } from './find-obstacle.js';
import type { WaveDefinition } from './wave-definition.js';
import { countedOut, sharedOut } from './wave-sizes.js';

export interface PlanDefinition {
  /** Id of the rollout. */
  readonly rollout: string;
  readonly release: ReleaseDemands;
  readonly target: DeviceScope;
  /** Without a fault, see `faultInWaves`. */
  readonly waves: readonly WaveDefinition[];
}

/** Who is updated in which wave, and who is not and why. Devices of other targets are not in it. */
export interface Plan {
  /** Devices by number, in the order in which they were given. */
  readonly devices: readonly string[];
  /** Numbers of the devices of all waves, wave by wave, each in the rollout's order. */
  readonly order: Uint32Array;
  /** Of each wave, empty ones too. */
  readonly sizes: readonly number[];
  readonly skipped: readonly { readonly device: string; readonly reason: Obstacle }[];
  readonly skippedBy: Readonly<Partial<Record<Obstacle, number>>>;
  /** Waves whose selector matches nobody of the target, not even somebody who is skipped. */
  readonly unmatchedWaves: readonly number[];
  /** What the target and the selectors name and what was not among the devices. */
  readonly missing: readonly string[];
}

/** No wave: the device is skipped. */
const left = 0xffff;

/**
 * Plans a rollout. The same devices end in the same waves in whichever order they are given; a million take a second or two and some
 * 40 bytes each beside their keys.
 *
 * @param devices of one tenant, each once
 */
export function planWaves(definition: PlanDefinition, devices: Iterable<UpdatableDevice>): Plan {
  const planner = new WavePlanner(definition);
  for (const device of devices) planner.add(device);
  return planner.plan();
}

/** {@link planWaves} for devices that come one by one: nothing of them is kept but their keys. */
export class WavePlanner {
  readonly #keys: string[] = [];
  readonly #skipped: { device: string; reason: Obstacle }[] = [];
  /** Of those whom a selector takes, the wave; of the rest `left`. */
  #selected = new Uint16Array(1_024);
  readonly #obstacleOf: (device: UpdatableDevice) => Obstacle | undefined;
  readonly #isTarget: (device: UpdatableDevice) => boolean;
  readonly #selectors: readonly ((device: UpdatableDevice) => boolean)[];
  readonly #unmatched: Set<number>;
  readonly #missing: Set<string>;

  constructor(private readonly definition: PlanDefinition) {
    const { release, target, waves } = definition;
    this.#obstacleOf = obstacleFinder(release);
    this.#isTarget = compileScope(target);
    const selectors = waves.flatMap((wave) => (wave.kind === 'selector' ? [wave.selector] : []));
    this.#selectors = selectors.map(compileScope);
    this.#unmatched = new Set(selectors.keys());
    this.#missing = new Set([target, ...selectors].flatMap(({ devices = [] }) => devices));
  }

  add(device: UpdatableDevice): void {
    if (this.#missing.size > 0) this.#missing.delete(device.device);
    if (!this.#isTarget(device)) return;
    for (const wave of this.#unmatched) if (this.#selectors[wave]?.(device) === true) this.#unmatched.delete(wave);
    const reason = this.#obstacleOf(device);
    if (reason !== undefined) this.#skipped.push({ device: device.device, reason });
    if (reason !== undefined) return;
    const keys = this.#keys;
    if (keys.length === this.#selected.length) this.#selected = doubled(this.#selected);
    const wave = this.#selectors.findIndex((isSelected) => isSelected(device));
    this.#selected[keys.length] = wave === -1 ? left : wave;
    keys.push(device.device);
  }

  plan(): Plan {
    const { rollout, waves } = this.definition;
    const numbers = inOrderOf(rollout, this.#keys);
    const { order, sizes } = waveByWave(numbers, this.#selected, this.#selectors.length, waves);
    const skipped = this.#skipped;
    const unmatched = { unmatchedWaves: [...this.#unmatched], missing: [...this.#missing] };
    return { devices: this.#keys, order, sizes, skipped, skippedBy: countsOf(skipped), ...unmatched };
  }
}

/** The devices of a wave, in the order in which they are offered their firmware. */
export function* devicesOfWave({ devices, order, sizes }: Plan, wave: number): Generator<string> {
  const begin = sizes.slice(0, wave).reduce((sum, size) => sum + size, 0);
  for (let place = begin; place < begin + (sizes[wave] ?? 0); place += 1)
    yield devices[order[place] as number] as string;
}

export interface PlannedPlace {
  readonly device: string;
  readonly wave: number;
  /** The order within the rollout, from 0 on. */
  readonly position: number;
}

/** The devices of all waves, in the order in which they were given: the order of an index is the cheapest to write. */
export function* placesOf({ devices, order, sizes }: Plan): Generator<PlannedPlace> {
  const positions = new Uint32Array(order.length);
  for (let position = 0; position < order.length; position += 1) positions[order[position] as number] = position;
  const ends = sizes.map((_, wave) => sizes.slice(0, wave + 1).reduce((sum, size) => sum + size, 0));
  for (let number = 0; number < positions.length; number += 1) {
    const position = positions[number] as number;
    yield { device: devices[number] as string, wave: ends.findIndex((end) => position < end), position };
  }
}

function waveByWave(
  numbers: Uint32Array,
  selected: Uint16Array,
  selectors: number,
  waves: readonly WaveDefinition[],
): Pick<Plan, 'order' | 'sizes'> {
  const bySelector = new Array<number>(selectors).fill(0);
  for (const number of numbers) {
    const wave = selected[number] as number;
    if (wave !== left) bySelector[wave] = (bySelector[wave] as number) + 1;
  }
  const ends = bySelector.map((_, wave) => bySelector.slice(0, wave).reduce((sum, size) => sum + size, 0));
  const taken = bySelector.reduce((sum, size) => sum + size, 0);
  let end = taken;
  const order = new Uint32Array(numbers.length);
  for (const number of numbers) {
    const wave = selected[number] as number;
    const place = wave === left ? end++ : (ends[wave] as number);
    if (wave !== left) ends[wave] = place + 1;
    order[place] = number;
  }
  return { order, sizes: [...bySelector, ...sizesOfRest(numbers.length - taken, waves)] };
}

function sizesOfRest(devices: number, waves: readonly WaveDefinition[]): number[] {
  const percents = waves.flatMap((wave) => (wave.kind === 'percent' ? [wave.percent] : []));
  const counts = waves.flatMap((wave) => (wave.kind === 'count' ? [wave.count] : []));
  return percents.length > 0 ? sharedOut(devices, percents) : countedOut(devices, counts);
}

function doubled(array: Uint16Array<ArrayBuffer>): Uint16Array<ArrayBuffer> {
  const greater = new Uint16Array(array.length * 2);
  greater.set(array);
  return greater;
}

function countsOf(skipped: Plan['skipped']): Plan['skippedBy'] {
  const counts = new Map<Obstacle, number>();
  for (const { reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return Object.fromEntries(obstacles.flatMap((each) => (counts.has(each) ? [[each, counts.get(each)]] : [])));
}
