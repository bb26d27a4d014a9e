import { withRoom } from '../columns.js';

/** One wheel turn is eight and a half minutes; what is due later comes round again. */
const buckets = 4_096;
const bucketMs = 125;
/**
 * Live times are kept in grains, rounded up: 32 bits for whole buckets, which are seventeen years, and what is over stands beside the
 * flags. Were they much coarser, rounding would cost a whole tick of lateness: deadlines end with the second, as ticks come.
 */
const bucketGrains = 32;
export const liveGrainMs = bucketMs / bucketGrains;
const none = -1;

const flag = { watched: 1, silent: 2, linked: 4 } as const;
const flagBits = 3;
const allFlags = (1 << flagBits) - 1;

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
 * times of the device's partition. A message costs a few writes: a deadline is looked at when it comes up on its partition's
 * wheel, and is put further ahead when the device was heard since.
 *
 * What is heard between two ticks counts as heard at the latter, that is, at the first that moves live time: it says up to which
 * moment the message may have come. So nobody is called silent before the deadline, and at most a tick later for that. Until
 * then its time is the wheel's `untimed`, later than all that were told.
 */
export class Heartbeats {
  /** In buckets; the grains are over the flags. */
  private lastHeard = new Uint32Array();
  /** Neighbours within a bucket. The first one of a bucket has, in place of the one before it, the complement of the bucket. */
  private next = new Int32Array();
  private previous = new Int32Array();
  private timeoutOf = new Uint16Array();
  private flags = new Uint8Array();
  private readonly wheels = new Map<number, Wheel>();
  /** First devices of the buckets of all wheels. */
  private heads = new Int32Array();
  /** In grains; what devices have in common is told once. */
  private readonly timeouts: number[] = [];
  private readonly timeoutNumbers = new Map<number, number>();

  constructor(private readonly sink: HeartbeatSink) {}

  /** Watches a device from now on, or with another timeout. @param timeoutMs live time, 1 s at least */
  watch(device: number, partition: number, timeoutMs: number): void {
    this.reserve(device);
    const wheel = this.wheelOf(partition);
    if (!this.has(device, flag.watched)) this.hearBetweenTicks(device, wheel);
    this.timeoutOf[device] = this.numberOf(timeoutMs);
    this.set(device, flag.watched);
    this.unlink(device);
    this.link(device, wheel);
  }

  /** Watches a device as it was when it was saved. @param heardMs live time; later than now = since the last tick */
  resume(device: number, partition: number, timeoutMs: number, saved: { heardMs: number; silent: boolean }): void {
    this.reserve(device);
    this.unlink(device);
    const wheel = this.wheelOf(partition);
    const heard = grainsUpTo(saved.heardMs);
    this.flags[device] = saved.silent ? flag.watched | flag.silent : flag.watched;
    if (heard < wheel.untimed) this.setHeard(device, heard);
    else this.hearBetweenTicks(device, wheel);
    this.timeoutOf[device] = this.numberOf(timeoutMs);
    this.link(device, wheel);
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
    if (this.heardOf(device) < wheel.untimed) this.hearBetweenTicks(device, wheel);
    if (!this.has(device, flag.silent)) return;
    this.clear(device, flag.silent);
    this.link(device, wheel);
    this.sink.heard(device);
  }

  /**
   * When a device that is watched was heard last, in live time to a grain, or a time later than now while it is untimed: what
   * `resume` goes on from.
   */
  heardMs(device: number): number {
    return this.heardOf(device) * liveGrainMs;
  }

  /** Whether the next tick that moves live time will say when the device was heard. */
  isUntimed(device: number, partition: number): boolean {
    return this.has(device, flag.watched) && this.heardOf(device) >= this.wheelOf(partition).untimed;
  }

  /**
   * Up to then, in live time, silence was expected: the device counts as heard then.
   * @param untilMs later than now = it still is @returns whether that is later than before
   */
  excuse(device: number, partition: number, untilMs: number): boolean {
    if (!this.has(device, flag.watched)) return false;
    const wheel = this.wheelOf(partition);
    const until = grainsUpTo(untilMs);
    // A deadline never comes nearer than where it stands on the wheel.
    if (until <= this.heardOf(device)) return false;
    if (until < wheel.untimed) this.setHeard(device, until);
    else if (this.isUntimed(device, partition)) return false;
    else this.hearBetweenTicks(device, wheel);
    return true;
  }

  /**
   * Moves a partition's live time on, and what was heard since the last tick has its time.
   * @param liveMs never less than before; the same changes nothing
   */
  moveTo(partition: number, liveMs: number): void {
    const wheel = this.wheelOf(partition);
    if (liveMs <= wheel.nowMs) return;
    wheel.nowMs = liveMs;
    this.timeAll(wheel);
  }

  /** As `moveTo`, and looks at the deadlines that have come. */
  advance(partition: number, liveMs: number): void {
    this.moveTo(partition, liveMs);
    const wheel = this.wheelOf(partition);
    const until = Math.floor(liveMs / bucketMs);
    // After more than a turn every bucket is looked at once.
    wheel.done = Math.max(wheel.done, until - buckets);
    while (wheel.done < until) {
      wheel.done += 1;
      this.look(wheel);
    }
  }

  private hearBetweenTicks(device: number, wheel: Wheel): void {
    this.setHeard(device, wheel.untimed);
    wheel.heard = withRoom(wheel.heard, wheel.heardCount + 1);
    wheel.heard[wheel.heardCount] = device;
    wheel.heardCount += 1;
  }

  /** Those that were heard since the last tick: by now. */
  private timeAll(wheel: Wheel): void {
    const now = grainsUpTo(wheel.nowMs);
    for (let i = 0; i < wheel.heardCount; i += 1) {
      const device = wheel.heard[i] as number;
      if (this.has(device, flag.watched) && this.heardOf(device) === wheel.untimed) this.setHeard(device, now);
    }
    wheel.untimed = now + 1;
    if (4 * wheel.heardCount < wheel.heard.length) wheel.heard = new Int32Array(2 * wheel.heardCount);
    wheel.heardCount = 0;
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
    this.sink.silent(device, this.heardMs(device));
  }

  private isDue(device: number, wheel: Wheel): boolean {
    return this.deadlineOf(device) * liveGrainMs <= wheel.nowMs;
  }

  /** A silent device has no deadline. What is due within a bucket is looked at when it begins, and with the next tick. */
  private link(device: number, wheel: Wheel): void {
    if (this.has(device, flag.silent)) return;
    const due = Math.floor(this.deadlineOf(device) / bucketGrains);
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
    return this.heardOf(device) + (this.timeouts[this.timeoutOf[device] as number] as number);
  }

  /** In grains. */
  private heardOf(device: number): number {
    return (this.lastHeard[device] as number) * bucketGrains + ((this.flags[device] as number) >> flagBits);
  }

  private setHeard(device: number, grains: number): void {
    const whole = Math.floor(grains / bucketGrains);
    this.lastHeard[device] = whole;
    const over = grains - whole * bucketGrains;
    this.flags[device] = ((this.flags[device] as number) & allFlags) | (over << flagBits);
  }

  private numberOf(timeoutMs: number): number {
    const grains = grainsUpTo(timeoutMs);
    const known = this.timeoutNumbers.get(grains);
    if (known !== undefined) return known;
    this.timeoutNumbers.set(grains, this.timeouts.length);
    return this.timeouts.push(grains) - 1;
  }

  private wheelOf(partition: number): Wheel {
    const known = this.wheels.get(partition);
    if (known !== undefined) return known;
    const firstBucket = this.wheels.size * buckets;
    const wheel = { firstBucket, nowMs: 0, untimed: 1, done: 0, heard: new Int32Array(), heardCount: 0 };
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
  nowMs: number;
  /** In grains: what was heard since the last tick, whose time the next one will say. */
  untimed: number;
  heard: Int32Array;
  heardCount: number;
  /** The last bucket that was looked at, counted from the beginning of live time. */
  done: number;
}

function grainsUpTo(ms: number): number {
  return Math.ceil((ms * bucketGrains) / bucketMs);
}
