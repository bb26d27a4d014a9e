import { Moments } from './moments.js';

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
  readonly floor: number;
}

/** A value that is far from the level: spikes, and values that never were. */
export class LevelPart implements Part {
  static readonly slots = Moments.slots;
  private readonly level: Moments;

  constructor({ slot, clip, floor }: PartOptions, span: number) {
    this.level = new Moments(slot, { span, clip, floor });
  }

  step(state: Float64Array, value: number): number {
    const deviation = this.level.zScore(state, value, 20);
    this.level.learn(state, value);
    return Math.abs(deviation);
  }
}

const hourMs = 3_600_000;
const hoursOfDay = 24;

/** A value that is unusual for the hour of the day: what is right at noon and wrong at night. */
export class HourPart implements Part {
  static readonly slots = (1 + hoursOfDay) * Moments.slots;
  private readonly residual: Moments;
  private readonly hours: readonly Moments[];

  constructor(
    { slot, clip, floor }: PartOptions,
    spans: { readonly hour: number; readonly residual: number },
    private readonly offsetMsAt: (atMs: number) => number,
  ) {
    this.residual = new Moments(slot, { span: spans.residual, clip, floor });
    this.hours = Array.from(
      { length: hoursOfDay },
      (_, hour) => new Moments(slot + (1 + hour) * Moments.slots, { span: spans.hour, clip, floor }),
    );
  }

  step(state: Float64Array, value: number, atMs: number): number {
    const localHour = Math.floor((atMs + this.offsetMsAt(atMs)) / hourMs) % hoursOfDay;
    const hour = this.hours.at(localHour);
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

  constructor({ slot, clip, floor }: PartOptions, spans: { readonly short: number; readonly long: number }) {
    this.short = new Moments(slot, { span: spans.short, clip: Number.MAX_VALUE, floor });
    this.long = new Moments(slot + Moments.slots, { span: spans.long, clip, floor });
    this.distance = new Moments(slot + 2 * Moments.slots, { span: spans.long, clip, floor });
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
    { slot, clip, floor }: PartOptions,
    private readonly spans: { readonly short: number; readonly long: number },
  ) {
    this.short = new Moments(slot, { span: spans.short, clip: Number.MAX_VALUE, floor });
    this.long = new Moments(slot + Moments.slots, { span: spans.long, clip, floor });
    this.ratio = new Moments(slot + 2 * Moments.slots, { span: spans.long, clip, floor: 0 });
    this.floor = floor + nearlyNothing;
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
