/** One wheel turn is a bit more than an hour; what is due later comes round again. */
const buckets = 4_096;
const bucketMs = 1_000;
/** Live times are kept in eighths of a second: 32 bits are seventeen years. */
const unitMs = 125;
const none = -1;

const flag = { watched: 1, silent: 2, linked: 4 } as const;

export interface HeartbeatSink {
  /** Nothing was heard of the device for as long as its timeout. @param sinceMs when it was heard last, in live time */
  silent(device: number, sinceMs: number): void;
  /** A silent device was heard again. */
  heard(device: number): void;
}

/**
 * The deadlines of the devices of one process, by device index; 11 bytes for each index up to the greatest. Times are live
 * times of the device's partition. A message costs one write: a deadline is looked at when it comes up on its partition's
 * wheel, and is put further ahead when the device was heard since.
 */
export class Heartbeats {
  private lastHeard = new Uint32Array(1_024);
  private next = new Int32Array(1_024);
  private timeoutOf = new Uint16Array(1_024);
  private flags = new Uint8Array(1_024);
  private readonly wheels = new Map<number, Wheel>();
  /** In units; what devices have in common is told once. */
  private readonly timeouts: number[] = [];
  private readonly timeoutNumbers = new Map<number, number>();

  constructor(private readonly sink: HeartbeatSink) {}

  /** Watches a device from now on, or with another timeout. @param timeoutMs live time, 1 s at least */
  watch(device: number, partition: number, timeoutMs: number): void {
    this.reserve(device);
    const wheel = this.wheelOf(partition);
    // One that is watched no more may still be on the wheel.
    const dueBefore = this.has(device, flag.linked) ? this.deadlineOf(device) : Number.NEGATIVE_INFINITY;
    if (!this.has(device, flag.watched)) this.lastHeard[device] = wheel.now;
    this.timeoutOf[device] = this.numberOf(timeoutMs);
    this.set(device, flag.watched);
    if (this.deadlineOf(device) < dueBefore) this.rebuild(partition);
    else this.link(device, wheel);
  }

  /** Watches a device whose number is free as it was when it was saved. @param heardMs live time */
  resume(device: number, partition: number, timeoutMs: number, saved: { heardMs: number; silent: boolean }): void {
    this.reserve(device);
    this.lastHeard[device] = Math.floor(saved.heardMs / unitMs);
    this.timeoutOf[device] = this.numberOf(timeoutMs);
    this.set(device, saved.silent ? flag.watched | flag.silent : flag.watched);
    this.link(device, this.wheelOf(partition));
  }

  /** Says nothing more of the device. A silent one is silent no longer, without a word. */
  unwatch(device: number): void {
    if (device < this.flags.length) this.clear(device, flag.watched | flag.silent);
  }

  /** Whether a number that is watched no more may be given to another device. */
  isFree(device: number): boolean {
    return !this.has(device, flag.watched | flag.linked);
  }

  /** The device was heard, by whatever message. */
  hear(device: number, partition: number): void {
    if (!this.has(device, flag.watched)) return;
    const wheel = this.wheelOf(partition);
    this.lastHeard[device] = wheel.now;
    if (!this.has(device, flag.silent)) return;
    this.clear(device, flag.silent);
    this.link(device, wheel);
    this.sink.heard(device);
  }

  /** Silence is expected up to then, in live time: a deadline is counted from there. */
  excuse(device: number, untilMs: number): void {
    if (this.has(device, flag.watched))
      this.lastHeard[device] = Math.max(this.lastHeard[device] as number, Math.ceil(untilMs / unitMs));
  }

  /** Moves a partition's live time on. @param liveMs never less than before */
  advance(partition: number, liveMs: number): void {
    const wheel = this.wheelOf(partition);
    wheel.now = Math.floor(liveMs / unitMs);
    const until = Math.floor(liveMs / bucketMs);
    // After more than a turn every bucket is looked at once.
    wheel.done = Math.max(wheel.done, until - buckets);
    while (wheel.done < until) {
      wheel.done += 1;
      this.look(wheel, wheel.done % buckets);
    }
  }

  isSilent(device: number): boolean {
    return this.has(device, flag.silent);
  }

  /** A partition that belongs to another process now. */
  drop(partition: number, devices: Iterable<number>): void {
    for (const device of devices) if (device < this.flags.length) this.flags[device] = 0;
    this.wheels.delete(partition);
  }

  private look(wheel: Wheel, bucket: number): void {
    let device = wheel.heads[bucket] as number;
    wheel.heads[bucket] = none;
    while (device !== none) {
      const following = this.next[device] as number;
      this.clear(device, flag.linked);
      if (this.has(device, flag.watched) && !this.has(device, flag.silent)) this.judge(device, wheel);
      device = following;
    }
  }

  private judge(device: number, wheel: Wheel): void {
    if (this.deadlineOf(device) > wheel.done * (bucketMs / unitMs)) {
      this.link(device, wheel);
      return;
    }
    this.set(device, flag.silent);
    this.sink.silent(device, (this.lastHeard[device] as number) * unitMs);
  }

  private link(device: number, wheel: Wheel): void {
    if (this.has(device, flag.linked) || this.has(device, flag.silent)) return;
    const due = Math.ceil((this.deadlineOf(device) * unitMs) / bucketMs);
    const at = Math.min(Math.max(due, wheel.done + 1), wheel.done + buckets - 1) % buckets;
    this.next[device] = wheel.heads[at] as number;
    wheel.heads[at] = device;
    this.set(device, flag.linked);
  }

  /** A device cannot be taken out of the middle of a bucket, so a sooner deadline puts all of them in anew. */
  private rebuild(partition: number): void {
    const wheel = this.wheelOf(partition);
    const devices: number[] = [];
    for (let bucket = 0; bucket < buckets; bucket += 1) {
      for (let device = wheel.heads[bucket] as number; device !== none; device = this.next[device] as number)
        devices.push(device);
      wheel.heads[bucket] = none;
    }
    for (const device of devices) this.clear(device, flag.linked);
    for (const device of devices) if (this.has(device, flag.watched)) this.link(device, wheel);
  }

  private deadlineOf(device: number): number {
    return (this.lastHeard[device] as number) + (this.timeouts[this.timeoutOf[device] as number] as number);
  }

  private numberOf(timeoutMs: number): number {
    const units = Math.ceil(timeoutMs / unitMs);
    const known = this.timeoutNumbers.get(units);
    if (known !== undefined) return known;
    this.timeoutNumbers.set(units, this.timeouts.length);
    return this.timeouts.push(units) - 1;
  }

  private wheelOf(partition: number): Wheel {
    let wheel = this.wheels.get(partition);
    if (wheel === undefined) this.wheels.set(partition, (wheel = new Wheel()));
    return wheel;
  }

  private reserve(device: number): void {
    if (device < this.flags.length) return;
    const length = Math.max(device + 1, Math.ceil(this.flags.length * 1.5));
    this.lastHeard = grown(this.lastHeard, new Uint32Array(length));
    this.next = grown(this.next, new Int32Array(length));
    this.timeoutOf = grown(this.timeoutOf, new Uint16Array(length));
    this.flags = grown(this.flags, new Uint8Array(length));
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

class Wheel {
  readonly heads = new Int32Array(buckets).fill(none);
  /** Live time in units. */
  now = 0;
  /** The last bucket that was looked at, counted from the beginning of live time. */
  done = 0;
}

function grown<Numbers extends Uint32Array | Int32Array | Uint16Array | Uint8Array>(
  from: Numbers,
  to: Numbers,
): Numbers {
  to.set(from);
  return to;
}
