import { type Lifecycle, lifecycles } from '@myelin/contracts';
import { grownCapacity } from './device-slots.js';

export interface DeviceFacts {
  readonly index: number;
  readonly lifecycle: Lifecycle;
  /** `<tenant>/<profile>` */
  readonly profileKey: string;
}

const absent = 0;

/** Device state by slot: nine bytes a device. Profile keys are few, so a column holds their numbers. */
export class StateColumns {
  #index = new Uint32Array(0);
  #profile = new Uint32Array(0);
  /** {@link absent}, or one more than the position in `lifecycles`. */
  #lifecycle = new Uint8Array(0);
  readonly #profileKeys: string[] = [];
  readonly #profileNumbers = new Map<string, number>();

  set(slot: number, facts: DeviceFacts): void {
    this.#makeRoom(slot);
    this.#index[slot] = facts.index;
    this.#profile[slot] = this.#numberOf(facts.profileKey);
    this.#lifecycle[slot] = lifecycles.indexOf(facts.lifecycle) + 1;
  }

  clear(slot: number): void {
    if (slot < this.#lifecycle.length) this.#lifecycle[slot] = absent;
  }

  has(slot: number): boolean {
    return (this.#lifecycle[slot] ?? absent) !== absent;
  }

  /** Undefined while the state of the device has not arrived. */
  lifecycleOf(slot: number): Lifecycle | undefined {
    return lifecycles[(this.#lifecycle[slot] ?? absent) - 1];
  }

  indexOf(slot: number): number {
    return this.#index[slot] as number;
  }

  profileKeyOf(slot: number): string {
    return this.#profileKeys[this.#profile[slot] as number] as string;
  }

  #numberOf(profileKey: string): number {
    const known = this.#profileNumbers.get(profileKey);
    if (known !== undefined) return known;
    const number = this.#profileKeys.push(profileKey) - 1;
    this.#profileNumbers.set(profileKey, number);
    return number;
  }

  #makeRoom(slot: number): void {
    if (slot < this.#index.length) return;
    const capacity = grownCapacity(this.#index.length, slot);
    this.#index = copied(new Uint32Array(capacity), this.#index);
    this.#profile = copied(new Uint32Array(capacity), this.#profile);
    this.#lifecycle = copied(new Uint8Array(capacity), this.#lifecycle);
  }
}

function copied<Column extends Uint8Array | Uint32Array>(larger: Column, column: Column): Column {
  larger.set(column);
  return larger;
}
