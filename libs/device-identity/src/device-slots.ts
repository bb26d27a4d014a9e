import type { DeviceKey } from '@myelin/kernel';

/** The slot of nobody: unknown devices and credentials are looked up here, with the same work as known ones. */
export const nobody = 0;

/** Gives every device that is known by state or by credentials a small number, so that its facts can be columns. */
export class DeviceSlots {
  readonly #slotOfKey = new Map<string, number>();
  readonly #keyOfSlot: (DeviceKey | undefined)[] = [undefined];
  readonly #released: number[] = [];

  /** The slot of a device, taken when it has none. */
  take(key: DeviceKey): number {
    const known = this.#slotOfKey.get(key);
    if (known !== undefined) return known;
    const slot = this.#released.pop() ?? this.#keyOfSlot.length;
    this.#slotOfKey.set(key, slot);
    this.#keyOfSlot[slot] = key;
    return slot;
  }

  /** {@link nobody} when the device is unknown. */
  find(key: string): number {
    return this.#slotOfKey.get(key) ?? nobody;
  }

  keyOf(slot: number): DeviceKey | undefined {
    return this.#keyOfSlot[slot];
  }

  release(slot: number): void {
    const key = this.#keyOfSlot[slot];
    if (key === undefined) return;
    this.#slotOfKey.delete(key);
    this.#keyOfSlot[slot] = undefined;
    this.#released.push(slot);
  }

  get count(): number {
    return this.#slotOfKey.size;
  }
}

/** The capacity to grow a column to, so that `slot` fits. */
export function grownCapacity(current: number, slot: number): number {
  let capacity = Math.max(current, 1_024);
  while (capacity <= slot) capacity *= 2;
  return capacity;
}
