import { varianceFloor } from '../ew-moments.js';
import { type Learning, Moments } from './moments.js';

/**
 * One view of a series: how far a reading is from what it expects, without sign, before it learns from it. NaN while it
 * cannot say. Its slots begin at the one that it was made for.
 */
export interface Part {
  step(state: Float64Array, value: number, atMs: number): number;
}

export interface PartOptions {
  readonly slot: number;
  readonly clip: number;
  /** Of the sensor: the series says nothing by moving no farther. */
  readonly resolution: number;
}

function learning({ clip, resolution }: PartOptions, span: number): Learning {
  return { span, clip, floor: varianceFloor(resolution), tolerance: resolution };
}

/** Of what is short enough to follow everything. */
function unclipped(span: number): Learning {
  return { span, clip: Number.MAX_VALUE, floor: 0, tolerance: 0 };
}

/** A value that is far from the level: spikes, and values that never were. */
export class LevelPart implements Part {
  static readonly slots = Moments.slots;
  private readonly level: Moments;

  constructor(options: PartOptions, span: number) {
    this.level = new Moments(options.slot, learning(options, span));
  }

  step(state: Float64Array, value: number): number {
    const deviation = this.level.zScore(state, value, 20);
    this.level.learn(state, value);
    return Math.abs(deviation);
  }
}

/** Which of how many kinds of hour it is; `localMs` is local time as if it were UTC. */
export interface HourKinds {
  readonly count: number;
  kindAt(localMs: number): number;
}

const hourMs = 3_600_000;
const hoursOfDay: HourKinds = { count: 24, kindAt: (localMs) => modulo(Math.floor(localMs / hourMs), 24) };

/** Hours of Saturday and Sunday apart from those of other days: the epoch was a Thursday. */
const hoursOfWorkOrWeekend: HourKinds = {
  count: 48,
  kindAt: (localMs) => {
    const day = modulo(Math.floor(localMs / (24 * hourMs)) + 3, 7);
    return hoursOfDay.kindAt(localMs) + (day >= 5 ? 24 : 0);
  },
};

/** A value that is unusual for the hour: what is right at noon and wrong at night. */
export class HourPart implements Part {
  static readonly ofDay = hoursOfDay;
  static readonly ofWorkOrWeekend = hoursOfWorkOrWeekend;
  private readonly residual: Moments;
  private readonly hours: readonly Moments[];

  static slotsOf({ count }: HourKinds): number {
    return (1 + count) * Moments.slots;
  }

  constructor(
    options: PartOptions,
    spans: { readonly hour: number; readonly residual: number },
    private readonly kinds: HourKinds,
    private readonly offsetMsAt: (atMs: number) => number,
  ) {
    this.residual = new Moments(options.slot, learning(options, spans.residual));
    this.hours = Array.from(
      { length: kinds.count },
      (_, kind) => new Moments(options.slot + (1 + kind) * Moments.slots, learning(options, spans.hour)),
    );
  }

  step(state: Float64Array, value: number, atMs: number): number {
    const hour = this.hours[this.kinds.kindAt(atMs + this.offsetMsAt(atMs))];
    if (hour === undefined) throw new Error(`the offset at ${atMs} is no number`);
    let deviation = Number.NaN;
    if (hour.count(state) >= 2) {
      const residual = value - hour.mean(state);
      deviation = this.residual.zScore(state, residual, 100);
      this.residual.learn(state, residual);
    }
    hour.learn(state, value);
    return Math.abs(deviation);
  }
}

/** A short mean that left the long one: shifts that no single reading shows. */
export class ShiftPart implements Part {
  static readonly slots = 3 * Moments.slots;
  private readonly short: Moments;
  private readonly long: Moments;
  private readonly distance: Moments;

  constructor(options: PartOptions, spans: { readonly short: number; readonly long: number }) {
    this.short = new Moments(options.slot, unclipped(spans.short));
    this.long = new Moments(options.slot + Moments.slots, learning(options, spans.long));
    this.distance = new Moments(options.slot + 2 * Moments.slots, learning(options, spans.long));
  }

  step(state: Float64Array, value: number): number {
    this.short.learn(state, value);
    const distance = this.short.mean(state) - this.long.mean(state);
    const deviation = this.distance.zScore(state, distance, 30);
    this.long.learn(state, value);
    this.distance.learn(state, distance);
    return Math.abs(deviation);
  }
}

/** So small beside any variance that it only keeps a logarithm finite. */
const nearlyNothing = 1e-300;

/** A short variance that left the long one: noise that begins, or ends as in a sensor that is stuck. */
export class SpreadPart implements Part {
  static readonly slots = 3 * Moments.slots;
  private readonly short: Moments;
  private readonly long: Moments;
  private readonly ratio: Moments;
  private readonly floor: number;

  constructor(
    options: PartOptions,
    private readonly spans: { readonly short: number; readonly long: number },
  ) {
    const { slot, clip, resolution } = options;
    this.short = new Moments(slot, unclipped(spans.short));
    this.long = new Moments(slot + Moments.slots, learning(options, spans.long));
    // The logarithm of a variance of n readings has itself a variance of about 2 / n, however steady the series.
    const floor = 2 / spans.short;
    this.ratio = new Moments(slot + 2 * Moments.slots, { span: spans.long, clip, floor, tolerance: 0 });
    this.floor = resolution * resolution + nearlyNothing;
  }

  step(state: Float64Array, value: number): number {
    this.short.learn(state, value);
    this.long.learn(state, value);
    const long = this.long.variance(state);
    const ratio = Math.log((this.short.variance(state) + 1e-9 * long + this.floor) / (long + this.floor));
    const deviation = this.long.count(state) > this.spans.short ? this.ratio.zScore(state, ratio, 50) : Number.NaN;
    this.ratio.learn(state, ratio);
    return Math.abs(deviation);
  }
}

function modulo(value: number, count: number): number {
  return ((value % count) + count) % count;
}
