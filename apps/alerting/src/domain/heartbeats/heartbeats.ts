import { withRoom } from '../columns.js';

/** One wheel turn is a bit more than an hour; what is due later comes round again. */
const buckets = 4_096;
const bucketMs = 1_000;
/** Live times are kept in eighths of a second: 32 bits are seventeen years. */
export const liveUnitMs = 125;
const none = -1;

const flag = { watched: 1, silent: 2, linked: 4 } as const;

export interface HeartbeatSink {
  /** Nothing was heard of the device for as long as its timeout, which makes it silent, unless `excuse` is called for it now. */
  due(device: number): void;
  /** It is silent. @param sinceMs when it was heard last, in live time */
  silent(device: number, sinceMs: number): void;
  /** A silent device was heard again. */
  heard(device: number): void;
}

/**
 * The deadlines of the devices of one process, by device index; 15 bytes for each index up to the greatest. Times are live
 * times of the device's partition. A message costs one write: a deadline is looked at when it comes up on its partition's
 * wheel, and is put further ahead when the device was heard since.
 */
export class Heartbeats {
  private lastHeard = new Uint32Array();
  /** Neighbours within a bucket. The first one of a bucket has, in place of the one before it, the complement of the bucket. */
  private next = new Int32Array();
  private previous = new Int32Array();
  private timeoutOf = new Uint16Array();
  private flags = new Uint8Array();
  private readonly wheels = new Map<number, Wheel>();
  /** First devices of the buckets of all wheels. */
  private heads = new Int32Array();
  /** In units; what devices have in common is told once. */
  private readonly timeouts: number[] = [];
  private readonly timeoutNumbers = new Map<number, number>();

  constructor(private readonly sink: HeartbeatSink) {}

  /** Watches a device from now on, or with another timeout. @param timeoutMs live time, 1 s at least */
  watch(device: number, partition: number, timeoutMs: number): void {
    this.reserve(device);
    const wheel = this.wheelOf(partition);
    if (!this.has(device, flag.watched)) this.lastHeard[device] = wheel.now;
    this.timeoutOf[device] = this.numberOf(timeoutMs);
    this.set(device, flag.watched);
    this.unlink(device);
    this.link(device, wheel);
  }

  /** Watches a device as it was when it was saved. @param heardMs live time */
  resume(device: number, partition: number, timeoutMs: number, saved: { heardMs: number; silent: boolean }): void {
    this.reserve(device);
    this.unlink(device);
    this.lastHeard[device] = Math.floor(saved.heardMs / liveUnitMs);
    this.timeoutOf[device] = this.numberOf(timeoutMs);
    this.flags[device] = saved.silent ? flag.watched | flag.silent : flag.watched;
    this.link(device, this.wheelOf(partition));
  }

  /** Says nothing more of the device. A silent one is silent no longer, without a word. */
  unwatch(device: number): void {
    if (device >= this.flags.length) return;
    this.unlink(device);
    this.flags[device] = 0;
  }

  /** The device was heard, by whatever message. */
  hear(device: number, partition: number): void {
    if (!this.has(device, flag.watched)) return;
    const wheel = this.wheelOf(partition);
    // Silence that is expected for longer stays so; and a deadline never comes nearer than where it stands on the wheel.
    if (wheel.now > (this.lastHeard[device] as number)) this.lastHeard[device] = wheel.now;
    if (!this.has(device, flag.silent)) return;
    this.clear(device, flag.silent);
    this.link(device, wheel);
    this.sink.heard(device);
  }

  /** When a device that is watched was heard last, in live time to an eighth of a second: what `resume` goes on from. */
  heardMs(device: number): number {
    return (this.lastHeard[device] as number) * liveUnitMs;
  }

  /** Up to then, in live time, silence was expected: the device counts as heard then. @returns whether that is later than before */
  excuse(device: number, untilMs: number): boolean {
    const until = Math.floor(untilMs / liveUnitMs);
    if (!this.has(device, flag.watched) || until <= (this.lastHeard[device] as number)) return false;
    this.lastHeard[device] = until;
    return true;
  }

  /** Moves a partition's live time on. @param liveMs never less than before */
  advance(partition: number, liveMs: number): void {
    const wheel = this.wheelOf(partition);
    wheel.now = Math.floor(liveMs / liveUnitMs);
    const until = Math.floor(liveMs / bucketMs);
    // After more than a turn every bucket is looked at once.
    wheel.done = Math.max(wheel.done, until - buckets);
    while (wheel.done < until) {
      wheel.done += 1;
      this.look(wheel);
    }
  }

  /** Nothing is put back into the bucket that is looked at. */
  private look(wheel: Wheel): void {
    const bucket = wheel.firstBucket + (wheel.done % buckets);
    for (let device = this.heads[bucket] as number; device !== none; device = this.heads[bucket] as number) {
      this.unlink(device);
      this.judge(device, wheel);
    }
  }

  private judge(device: number, wheel: Wheel): void {
    if (this.isDue(device, wheel)) this.sink.due(device);
    if (!this.isDue(device, wheel)) {
      this.link(device, wheel);
      return;
    }
    this.set(device, flag.silent);
    this.sink.silent(device, (this.lastHeard[device] as number) * liveUnitMs);
  }

  private isDue(device: number, wheel: Wheel): boolean {
    return this.deadlineOf(device) <= wheel.done * (bucketMs / liveUnitMs);
  }

  /** A silent device has no deadline. */
  private link(device: number, wheel: Wheel): void {
    if (this.has(device, flag.silent)) return;
    const due = Math.ceil((this.deadlineOf(device) * liveUnitMs) / bucketMs);
    const at = Math.min(Math.max(due, wheel.done + 1), wheel.done + buckets - 1) % buckets;
    const bucket = wheel.firstBucket + at;
    const following = this.heads[bucket] as number;
    if (following !== none) this.previous[following] = device;
    this.next[device] = following;
    this.previous[device] = ~bucket;
    this.heads[bucket] = device;
    this.set(device, flag.linked);
  }

  private unlink(device: number): void {
    if (!this.has(device, flag.linked)) return;
    const following = this.next[device] as number;
    const before = this.previous[device] as number;
    if (following !== none) this.previous[following] = before;
    if (before < 0) this.heads[~before] = following;
    else this.next[before] = following;
    this.clear(device, flag.linked);
  }

  private deadlineOf(device: number): number {
    return (this.lastHeard[device] as number) + (this.timeouts[this.timeoutOf[device] as number] as number);
  }

  private numberOf(timeoutMs: number): number {
    const units = Math.ceil(timeoutMs / liveUnitMs);
    const known = this.timeoutNumbers.get(units);
    if (known !== undefined) return known;
    this.timeoutNumbers.set(units, this.timeouts.length);
    return this.timeouts.push(units) - 1;
  }

  private wheelOf(partition: number): Wheel {
    const known = this.wheels.get(partition);
    if (known !== undefined) return known;
    const wheel = { firstBucket: this.wheels.size * buckets, now: 0, done: 0 };
    const heads = new Int32Array(wheel.firstBucket + buckets).fill(none);
    heads.set(this.heads);
    this.heads = heads;
    this.wheels.set(partition, wheel);
    return wheel;
  }

  private reserve(device: number): void {
    this.lastHeard = withRoom(this.lastHeard, device + 1);
    this.next = withRoom(this.next, device + 1);
    this.previous = withRoom(this.previous, device + 1);
    this.timeoutOf = withRoom(this.timeoutOf, device + 1);
    this.flags = withRoom(this.flags, device + 1);
  }

  private has(device: number, bits: number): boolean {
    return ((this.flags[device] ?? 0) & bits) !== 0;
  }

  private set(device: number, bits: number): void {
    this.flags[device] = (this.flags[device] as number) | bits;
  }

  private clear(device: number, bits: number): void {
    this.flags[device] = (this.flags[device] as number) & ~bits;
  }
}

interface Wheel {
  readonly firstBucket: number;
  /** Live time in units. */
  now: number;
  /** The last bucket that was looked at, counted from the beginning of live time. */
  done: number;
}
