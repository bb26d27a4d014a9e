const encoder = new TextEncoder();
/** Where a rollout's id ends and a device's key begins; neither has it. */
const separator = 0;

/**
 * Where devices stand in the order of one rollout: a number of 64 bits that nothing but the rollout's id and the device's key decide,
 * the same in every process and for ever. Two lanes of 32 bits that multiply by different primes, mixed at the end (murmur3's finish).
 */
export class DeviceOrder {
  private readonly startHigh: number;
  private readonly startLow: number;
  private high = 0x9e3779b9;
  private low = 0x85ebca6b;

  /** @param rollout its id */
  constructor(rollout: string) {
    this.take(rollout);
    this.takeByte(separator);
    this.startHigh = this.high;
    this.startLow = this.low;
  }

  /** Puts the place of a device at `index` of two arrays: the upper 32 bits, and the lower. */
  place(device: string, highs: Uint32Array, lows: Uint32Array, index: number): void {
    this.high = this.startHigh;
    this.low = this.startLow;
    this.take(device);
    const crossed = mixed(this.high ^ mixed(this.low));
    highs[index] = crossed;
    lows[index] = mixed(this.low ^ crossed);
  }

  /** How far down the order a device is: from 0 to less than 1. */
  shareOf(device: string): number {
    const high = new Uint32Array(1);
    const low = new Uint32Array(1);
    this.place(device, high, low, 0);
    return (high[0] as number) / 2 ** 32;
  }

  private take(text: string): void {
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        // Rare: what is left goes through the real encoder.
        for (const byte of encoder.encode(text.slice(i))) this.takeByte(byte);
        return;
      }
      this.takeByte(code);
    }
  }

  private takeByte(byte: number): void {
    this.high = Math.imul(this.high ^ byte, 0x01000193);
    this.low = Math.imul(this.low ^ byte, 0x5bd1e995);
    this.low ^= this.low >>> 15;
  }
}

/** Each bit depends on all. */
function mixed(hash: number): number {
  const first = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35);
  return (second ^ (second >>> 16)) >>> 0;
}

/**
 * Numbers of devices in the order of a rollout; devices that meet in one place stand by their keys.
 *
 * @param devices their keys, by number
 */
export function inOrderOf(rollout: string, devices: readonly string[]): Uint32Array {
  const count = devices.length;
  const highs = new Uint32Array(count);
  const lows = new Uint32Array(count);
  const order = new DeviceOrder(rollout);
  for (let i = 0; i < count; i += 1) order.place(devices[i] as string, highs, lows, i);
  const numbers = new Uint32Array(count).map((_, i) => i);
  // Sixteen bits at a time, the lowest first: a comparison per pair would take a second for a million.
  const spare = new Uint32Array(count);
  sortByDigit(numbers, spare, lows, 0);
  sortByDigit(spare, numbers, lows, 16);
  sortByDigit(numbers, spare, highs, 0);
  sortByDigit(spare, numbers, highs, 16);
  sortEqualPlaces(numbers, highs, lows, devices);
  return numbers;
}

function sortByDigit(from: Uint32Array, to: Uint32Array, keys: Uint32Array, shift: number): void {
  const ends = new Uint32Array(65_537);
  const digitOf = (number: number): number => ((keys[number] as number) >>> shift) & 0xffff;
  for (const number of from) ends[digitOf(number) + 1] = (ends[digitOf(number) + 1] as number) + 1;
  for (let digit = 0; digit < 65_536; digit += 1)
    ends[digit + 1] = (ends[digit + 1] as number) + (ends[digit] as number);
  for (const number of from) {
    const digit = digitOf(number);
    const place = ends[digit] as number;
    to[place] = number;
    ends[digit] = place + 1;
  }
}

function sortEqualPlaces(
  numbers: Uint32Array,
  highs: Uint32Array,
  lows: Uint32Array,
  devices: readonly string[],
): void {
  const isSame = (a: number, b: number): boolean => highs[a] === highs[b] && lows[a] === lows[b];
  for (let begin = 0; begin + 1 < numbers.length; begin += 1) {
    let end = begin + 1;
    while (end < numbers.length && isSame(numbers[begin] as number, numbers[end] as number)) end += 1;
    if (end - begin > 1)
      numbers.subarray(begin, end).sort((a, b) => ((devices[a] as string) < (devices[b] as string) ? -1 : 1));
    begin = end - 1;
  }
}
