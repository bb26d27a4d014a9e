import { withRoom } from '../columns.js';

/** No device's number. */
export const none = -1;

const maxKeyLength = 255;
/** Of what is kept of keys, as much may belong to keys that are there no more; less than this is not worth the while. */
const minUnusedBytes = 4_096;
/** Nobody can choose names that meet in the same place. */
const seed = Math.floor(Math.random() * 2 ** 31);
const decoder = new TextDecoder();

/**
 * Keys of devices, each with a number: the lowest ones, given out again when a key is removed. A key takes its own length and some
 * 13 bytes, where a `Map` of strings takes a hundred. Keys are ASCII, as house keys `<tenant>/<device>` are.
 */
export class DeviceKeys {
  /** Open addressing with linear probing: numbers, each one higher; 0 = nothing. */
  private table = new Uint32Array(16);
  /** By number, where its key begins in `bytes`, with its length; 0 = a number without a key. */
  private places = new Uint32Array();
  private bytes = new Uint8Array(64);
  private end = 1;
  private unusedBytes = 0;
  private readonly freed: number[] = [];
  private numbers = 0;
  /** The key that is asked for, as it stands in `bytes`. */
  private readonly asked = new Uint8Array(1 + maxKeyLength);

  get size(): number {
    return this.numbers - this.freed.length;
  }

  /** Above all numbers that were given out. */
  get limit(): number {
    return this.numbers;
  }

  /** @returns its number, or `none` */
  find(key: string): number {
    return (this.table[this.slotOf(this.ask(key))] as number) - 1;
  }

  /** @param key one that is not there @throws RangeError for what is not up to 255 characters of ASCII */
  add(key: string): number {
    if ((this.size + 1) * 4 > this.table.length * 3) this.rehash();
    const hash = this.ask(key);
    if (this.asked[0] === 0) throw new RangeError('a key is up to 255 characters of ASCII');
    const number = this.freed.pop() ?? this.numbers++;
    this.places = withRoom(this.places, this.numbers);
    this.places[number] = this.append();
    this.table[this.slotOf(hash)] = number + 1;
    return number;
  }

  has(number: number): boolean {
    return (this.places[number] ?? 0) !== 0;
  }

  /** @param number one that has a key */
  keyOf(number: number): string {
    const place = this.places[number] as number;
    return decoder.decode(this.bytes.subarray(place + 1, place + 1 + (this.bytes[place] as number)));
  }

  /** @param number one that has a key */
  remove(number: number): void {
    const place = this.places[number] as number;
    this.vacate(this.slotOf(this.ask(this.keyOf(number))));
    this.places[number] = 0;
    this.freed.push(number);
    this.unusedBytes += 1 + (this.bytes[place] as number);
    if (this.unusedBytes > minUnusedBytes && this.unusedBytes * 2 > this.end) this.compact();
  }

  /** @returns the hash of the key, which stands in `asked` then; of what can be no key, nothing stands there */
  private ask(key: string): number {
    const { asked } = this;
    const { length } = key;
    asked[0] = 0;
    if (length > maxKeyLength) return 0;
    let hash = seed;
    for (let i = 0; i < length; i += 1) {
      const code = key.charCodeAt(i);
      if (code > 0x7f) return 0;
      asked[i + 1] = code;
      hash = Math.imul(hash ^ code, 0x01000193);
    }
    asked[0] = length;
    return mixed(hash);
  }

  /** The slot of the key that was asked for: its own, or the empty one in which it would be. */
  private slotOf(hash: number): number {
    const last = this.table.length - 1;
    for (let slot = hash & last; ; slot = (slot + 1) & last) {
      const entry = this.table[slot] as number;
      if (entry === 0 || this.isAsked(this.places[entry - 1] as number)) return slot;
    }
  }

  private isAsked(place: number): boolean {
    const { asked, bytes } = this;
    const length = asked[0] as number;
    // Names differ at their ends.
    for (let i = length; i >= 0; i -= 1) if (bytes[place + i] !== asked[i]) return false;
    return true;
  }

  private append(): number {
    const place = this.end;
    this.end += 1 + (this.asked[0] as number);
    this.bytes = withRoom(this.bytes, this.end);
    this.bytes.set(this.asked.subarray(0, this.end - place), place);
    return place;
  }

  /** Empties a slot, and moves up those behind it that would not be found any more. */
  private vacate(empty: number): void {
    const last = this.table.length - 1;
    let hole = empty;
    for (let slot = (hole + 1) & last; this.table[slot] !== 0; slot = (slot + 1) & last) {
      const entry = this.table[slot] as number;
      const home = this.hashOf(entry - 1) & last;
      // Not for those whose way from home does not lead over the hole.
      if (((slot - home) & last) < ((slot - hole) & last)) continue;
      this.table[hole] = entry;
      hole = slot;
    }
    this.table[hole] = 0;
  }

  private hashOf(number: number): number {
    const place = this.places[number] as number;
    let hash = seed;
    for (let i = place + 1; i <= place + (this.bytes[place] as number); i += 1)
      hash = Math.imul(hash ^ (this.bytes[i] as number), 0x01000193);
    return mixed(hash);
  }

  private rehash(): void {
    this.table = new Uint32Array(this.table.length * 2);
    const last = this.table.length - 1;
    for (let number = 0; number < this.numbers; number += 1) {
      if (!this.has(number)) continue;
      let slot = this.hashOf(number) & last;
      while (this.table[slot] !== 0) slot = (slot + 1) & last;
      this.table[slot] = number + 1;
    }
  }

  private compact(): void {
    const { bytes } = this;
    this.bytes = new Uint8Array(this.end - this.unusedBytes);
    this.end = 1;
    this.unusedBytes = 0;
    for (let number = 0; number < this.numbers; number += 1) {
      const place = this.places[number] as number;
      if (place === 0) continue;
      this.places[number] = this.end;
      this.bytes.set(bytes.subarray(place, place + 1 + (bytes[place] as number)), this.end);
      this.end += 1 + (bytes[place] as number);
    }
  }
}

/** FNV-1a leaves its low bits to the last characters; here each bit depends on all. */
function mixed(hash: number): number {
  const half = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (half ^ (half >>> 13)) >>> 0;
}
