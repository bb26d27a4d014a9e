import { Heartbeats } from '../heartbeats/heartbeats.js';

/** @param nth of the absences in the device's plan */
export type AbsenceSink = (device: number, nth: number, absent: boolean) => void;

/** Of the absences that stand at the same place in the plans of their devices: so a deadline has the number of its device. */
interface Watch {
  readonly heartbeats: Heartbeats;
  /** Devices in which something is absent about which a rule with a schedule asks. */
  readonly bySchedule: Set<number>;
}

/** There is one wheel here: that of the partition. */
const wheel = 0;

/** Watches what the rules of a partition's devices want to be watched. Times are live times. */
export class AbsenceWatches {
  private readonly watches: Watch[] = [];
  private nowMs = 0;

  /** @param due called before something of a device counts as absent: who knows that its silence was expected calls `excuse` */
  constructor(
    private readonly sink: AbsenceSink,
    private readonly due: (device: number) => void,
  ) {}

  /** @param liveMs never less than before */
  advance(liveMs: number): void {
    this.nowMs = liveMs;
    // Who is asked about one deadline of a device looks at all of them.
    for (const { heartbeats } of this.watches) heartbeats.moveTo(wheel, liveMs);
    for (const { heartbeats } of this.watches) heartbeats.advance(wheel, liveMs);
  }

  /** @param saved when it was heard, NaN = never: it counts as heard now, which is before the next tick */
  resume(device: number, nth: number, timeoutMs: number, saved: { heardMs: number; silent: boolean }): void {
    const heardMs = Number.isNaN(saved.heardMs) ? Number.POSITIVE_INFINITY : saved.heardMs;
    this.watchOf(nth).heartbeats.resume(device, wheel, timeoutMs, { ...saved, heardMs });
  }

  setTimeout(device: number, nth: number, timeoutMs: number): void {
    this.watchOf(nth).heartbeats.watch(device, wheel, timeoutMs);
  }

  hear(device: number, nth: number): void {
    this.watchOf(nth).heartbeats.hear(device, wheel);
  }

  heardMs(device: number, nth: number): number {
    return this.watchOf(nth).heartbeats.heardMs(device);
  }

  /** Whether the next tick will say when it was heard. */
  isUntimed(device: number, nth: number): boolean {
    return this.watchOf(nth).heartbeats.isUntimed(device, wheel);
  }

  /** @param untilMs up to when silence was expected, infinity = it still is @returns whether that is later than it was heard */
  excuse(device: number, nth: number, untilMs: number): boolean {
    return this.watchOf(nth).heartbeats.excuse(device, wheel, untilMs);
  }

  unwatch(device: number, nth: number): void {
    const { heartbeats, bySchedule } = this.watchOf(nth);
    heartbeats.unwatch(device);
    bySchedule.delete(device);
  }

  /** Whether its rule is to be asked when its schedule begins or ends. */
  noteBySchedule(device: number, nth: number, isToBeAsked: boolean): void {
    const { bySchedule } = this.watchOf(nth);
    if (isToBeAsked) bySchedule.add(device);
    else bySchedule.delete(device);
  }

  *bySchedule(): Generator<[device: number, nth: number]> {
    for (const [nth, { bySchedule }] of this.watches.entries()) for (const device of bySchedule) yield [device, nth];
  }

  private watchOf(nth: number): Watch {
    for (let next = this.watches.length; next <= nth; next += 1) {
      const heartbeats = new Heartbeats({
        due: this.due,
        silent: (device) => this.sink(device, next, true),
        heard: (device) => this.sink(device, next, false),
      });
      heartbeats.advance(wheel, this.nowMs);
      this.watches.push({ heartbeats, bySchedule: new Set() });
    }
    return this.watches[nth] as Watch;
  }
}
