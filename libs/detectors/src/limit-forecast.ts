import { at, clamped, deviationOf, type Model } from './model.js';
import type { Creation } from './model-kind.js';
import { normalQuantile } from './normal.js';
import { choice, duration, number, optional, readParameters, type ValuesOf } from './parameters.js';
import { ownSlots, StreamModel } from './stream-model.js';

const parameters = {
  limit: number({ unit: "the metric's own", from: -1e50, to: 1e50 }, 'what is not to be reached'),
  approach: choice(['rising', 'falling'], 'rising', 'from which side the limit is reached'),
  horizonMs: duration('reached within this time is worth a warning'),
  windowMs: duration('how far back the trend looks: readings weigh exp(−2 · age / windowMs)'),
  confidence: number({ unit: 'share', from: 0.6, to: 0.9999, default: 0.95 }, 'how sure, one-sided'),
  warmUp: number({ unit: 'readings', from: 5, to: 1e6, whole: true, default: 20 }, 'learnt before any is scored'),
  resolution: number(
    { unit: "the metric's own", from: 0, to: 1e50, default: 0 },
    'smallest step of the sensor: noise about the trend is never taken for less than it over √12',
  ),
  clip: number(
    { unit: 'standard deviations', from: 1, to: 1e6, default: 3 },
    'readings farther from the trend are learnt as if they were this far; 1000000 learns everything as it is',
  ),
  resetAfterMs: optional(duration('a longer silence makes the model start over; without it, never')),
};
type Values = ValuesOf<typeof parameters>;

/** When the trend crosses the limit, in milliseconds after the last reading. */
export interface Crossing {
  /** By the trend itself; Infinity where it leads away from the limit, 0 where it is beyond already. */
  readonly expectedMs: number;
  /** So late it may be at the stated confidence; Infinity where it may never come. */
  readonly latestMs: number;
}

export interface ForecastModel extends Model {
  /** What the state says of the crossing; undefined while it warms up. */
  crossing(state: Float64Array): Crossing | undefined;
}

/**
 * "Reaches the limit within the horizon", told before it does. The trend is a straight line by least squares with exponential
 * weights (Brown 1963, discounted least squares) in constant memory. Deviation: by how many standard errors the line is
 * beyond the limit at the horizon, with Student's t brought to the normal scale (Wallace 1959). It counts from the stated
 * confidence on, which is the same as that the upper confidence bound of the time of crossing (Fieller 1954) is within the horizon.
 */
export const limitForecast = {
  type: 'limit-forecast',
  parameters,
  create(given: unknown): Creation<ForecastModel> {
    const read = readParameters(parameters, given);
    return 'faults' in read ? read : { model: new LimitForecast(read.values) };
  },
} as const;

const origin = ownSlots;
/** Sums over readings of weight, time, value and their products, seen from the last one: that is 0 in time and value. */
const [w, t, x, tt, tx, xx] = [1, 2, 3, 4, 5, 6].map((slot) => origin + slot) as [
  number,
  number,
  number,
  number,
  number,
  number,
];
/** The same with squared weights: what the errors of the line come to. */
const [ww, wwt, wwtt] = [7, 8, 9].map((slot) => origin + slot) as [number, number, number];

interface Line {
  /** Mean time (in units of tau after the last reading, so negative) and value; the line goes through them. */
  readonly time: number;
  readonly value: number;
  readonly slope: number;
  /** Of the readings about the line. */
  readonly variance: number;
  readonly freedom: number;
  /** The line's variance at a distance u from the mean time is `variance` · (c0 + c1·u + c2·u²). */
  readonly spread: readonly [number, number, number];
}

class LimitForecast extends StreamModel implements ForecastModel {
  readonly slots = ownSlots + 10;
  private readonly tauMs: number;
  private readonly sign: number;
  private readonly quantile: number;
  private readonly floor: number;

  constructor(private readonly values: Values) {
    const quantile = normalQuantile(1 - values.confidence);
    super({ threshold: quantile, direction: 'above', resetAfterMs: values.resetAfterMs });
    this.quantile = quantile;
    this.tauMs = values.windowMs / 2;
    this.sign = values.approach === 'rising' ? 1 : -1;
    this.floor = (values.resolution * values.resolution) / 12;
  }

  /** The trend is that of all readings, the new one included: it is asked where they lead, not whether this one fits. */
  protected judge(state: Float64Array, value: number, reading: number, elapsedMs: number): number {
    const elapsed = elapsedMs / this.tauMs;
    if (reading === 0) state[origin] = value;
    const before = reading < this.values.warmUp ? undefined : lineOf(state, this.floor);
    add(state, elapsed, before === undefined ? value : this.winsorised(before, at(state, origin), elapsed, value));
    if (reading < this.values.warmUp) return Number.NaN;
    const line = lineOf(state, this.floor);
    if (line === undefined) return Number.NaN;
    const beyond = this.beyondAt(state, line, this.values.horizonMs / this.tauMs - line.time);
    return normalised(beyond, line.freedom);
  }

  crossing(state: Float64Array): Crossing | undefined {
    const line = at(state, 0) <= this.values.warmUp ? undefined : lineOf(state, this.floor);
    if (line === undefined) return undefined;
    const ahead = this.sign * (at(state, origin) + line.value - this.values.limit);
    const slope = this.sign * line.slope;
    const inMs = (u: number): number => Math.max(0, (u + line.time) * this.tauMs);
    const isBeyond = ahead - slope * line.time >= 0;
    const expectedMs = isBeyond ? 0 : slope > 0 ? inMs(-ahead / slope) : Number.POSITIVE_INFINITY;
    if (normalised(this.beyondAt(state, line, -line.time), line.freedom) > this.quantile)
      return { expectedMs, latestMs: 0 };
    return { expectedMs, latestMs: inMs(this.latest(line, ahead, slope)) };
  }

  /** Where the lower confidence bound of the line meets the limit: (ahead + slope·u)² = q²·variance·(c0 + c1·u + c2·u²). */
  private latest(line: Line, ahead: number, slope: number): number {
    const [c0, c1, c2] = line.spread;
    const allowed = studentQuantile(this.quantile, line.freedom) ** 2 * line.variance;
    const a = slope * slope - allowed * c2;
    if (!(slope > 0 && a > 0)) return Number.POSITIVE_INFINITY;
    const b = 2 * ahead * slope - allowed * c1;
    const c = ahead * ahead - allowed * c0;
    return (-b + Math.sqrt(Math.max(0, b * b - 4 * a * c))) / (2 * a);
  }

  /** How far the line is beyond the limit at a distance u from its mean time, in its standard errors. */
  private beyondAt(state: Float64Array, line: Line, u: number): number {
    const [c0, c1, c2] = line.spread;
    const reached = at(state, origin) + line.value + line.slope * u;
    const error = Math.sqrt(Math.max(0, line.variance * (c0 + c1 * u + c2 * u * u)));
    return this.sign * deviationOf(reached, this.values.limit, error);
  }

  private winsorised(line: Line, originValue: number, elapsed: number, value: number): number {
    const expected = originValue + line.value + line.slope * (elapsed - line.time);
    const deviation = Math.sqrt(line.variance);
    return deviation > 0 ? expected + clamped(value - expected, this.values.clip * deviation) : value;
  }
}

/** Lets everything grow older and moves the origin to the new reading, which then adds nothing but its weight. */
function add(state: Float64Array, dt: number, value: number): void {
  const dx = value - at(state, origin);
  const fade = Math.exp(-dt);
  const s = state;
  s[xx] = fade * (at(s, xx) - 2 * dx * at(s, x) + dx * dx * at(s, w));
  s[tx] = fade * (at(s, tx) - dx * at(s, t) - dt * at(s, x) + dt * dx * at(s, w));
  s[tt] = fade * (at(s, tt) - 2 * dt * at(s, t) + dt * dt * at(s, w));
  s[x] = fade * (at(s, x) - dx * at(s, w));
  s[t] = fade * (at(s, t) - dt * at(s, w));
  s[w] = fade * at(s, w) + 1;
  s[wwtt] = fade * fade * (at(s, wwtt) - 2 * dt * at(s, wwt) + dt * dt * at(s, ww));
  s[wwt] = fade * fade * (at(s, wwt) - dt * at(s, ww));
  s[ww] = fade * fade * at(s, ww) + 1;
  s[origin] = value;
}

/** Undefined while there are too few readings, or all at one time, to tell a line from noise. */
function lineOf(state: Float64Array, floor: number): Line | undefined {
  const weight = at(state, w);
  const time = at(state, t) / weight;
  const value = at(state, x) / weight;
  const timeSpread = at(state, tt) - time * at(state, t);
  const effective = (weight * weight) / at(state, ww);
  const freedom = effective - 2;
  if (!(freedom >= 1) || !(timeSpread > 0)) return undefined;
  const covered = at(state, tx) - time * at(state, x);
  const slope = covered / timeSpread;
  const residual = Math.max(0, at(state, xx) - value * at(state, x) - slope * covered);
  const variance = Math.max((residual / weight) * (effective / freedom), floor);
  const c1 = (2 * (at(state, wwt) - time * at(state, ww))) / (weight * timeSpread);
  const c2 = (at(state, wwtt) - 2 * time * at(state, wwt) + time * time * at(state, ww)) / (timeSpread * timeSpread);
  return { time, value, slope, variance, freedom, spread: [at(state, ww) / (weight * weight), c1, c2] };
}

/** Student's t on the scale of a standard normal (Wallace 1959), odd in t. */
function normalised(value: number, freedom: number): number {
  const factor = (8 * freedom + 1) / (8 * freedom + 3);
  return Math.sign(value) * factor * Math.sqrt(freedom * Math.log1p((value * value) / freedom));
}

/** The reverse of `normalised`. */
function studentQuantile(z: number, freedom: number): number {
  const factor = (8 * freedom + 1) / (8 * freedom + 3);
  return Math.sqrt(freedom * Math.expm1((z * z) / (factor * factor * freedom)));
}
