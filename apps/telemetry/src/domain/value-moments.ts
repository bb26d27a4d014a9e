import { type ExactDecimal, decimalText } from './exact-decimal.js';

/** Numbers as text, exact; the names are those of `Moment`, which says what they mean. */
export interface MomentTexts {
  readonly first_ms: string;
  readonly last_ms: string;
  readonly count: string;
  readonly sum: string;
  readonly sum_squares: string;
  readonly min: string;
  readonly max: string;
  readonly first: string;
  readonly last: string;
  readonly area: string;
  readonly increase: string;
  readonly resets: string;
  readonly sum_t: string;
  readonly sum_tt: string;
  readonly sum_tv: string;
}

/**
 * The moments of values that come in the order of their time: what `mergeSql` makes of single values, a few tens of times
 * cheaper. Everything is counted in units of 10 ** -scale of the finest value so far.
 */
export class ValueMoments {
  private scale = 0;
  private count = 0;
  private firstMs = 0;
  private lastMs = 0;
  private first = 0n;
  private last = 0n;
  private min = 0n;
  private max = 0n;
  private sum = 0n;
  private sumSquares = 0n;
  private area = 0n;
  /** What was lost at resets: the values before them. */
  private reset = 0n;
  private resets = 0;
  private sumT = 0n;
  private sumTt = 0n;
  private sumTv = 0n;

  /** @param ms since the epoch, later than that of the value before @param at the same since the origin */
  add(ms: number, at: number, { digits, scale }: ExactDecimal): void {
    if (scale > this.scale) this.refine(scale - this.scale);
    const value = scale === this.scale ? digits : digits * 10n ** BigInt(this.scale - scale);
    if (this.count === 0) {
      this.firstMs = ms;
      this.first = this.min = this.max = value;
    } else {
      this.area += this.last * BigInt(ms - this.lastMs);
      if (value < this.last) {
        this.resets += 1;
        this.reset += this.last;
      }
      if (value < this.min) this.min = value;
      else if (value > this.max) this.max = value;
    }
    const time = BigInt(at);
    this.count += 1;
    this.sum += value;
    this.sumSquares += value * value;
    this.sumT += time;
    this.sumTt += time * time;
    this.sumTv += time * value;
    this.last = value;
    this.lastMs = ms;
  }

  /** To be asked after at least one value. */
  texts(): MomentTexts {
    const text = (digits: bigint): string => decimalText(digits, this.scale);
    return {
      ...{ first_ms: String(this.firstMs), last_ms: String(this.lastMs), count: String(this.count) },
      ...{ sum: text(this.sum), sum_squares: decimalText(this.sumSquares, 2 * this.scale) },
      ...{ min: text(this.min), max: text(this.max), first: text(this.first), last: text(this.last) },
      ...{ area: text(this.area), increase: text(this.last - this.first + this.reset), resets: String(this.resets) },
      ...{ sum_t: String(this.sumT), sum_tt: String(this.sumTt), sum_tv: text(this.sumTv) },
    };
  }

  private refine(by: number): void {
    const factor = 10n ** BigInt(by);
    this.scale += by;
    this.first *= factor;
    this.last *= factor;
    this.min *= factor;
    this.max *= factor;
    this.sum *= factor;
    this.sumSquares *= factor * factor;
    this.area *= factor;
    this.reset *= factor;
    this.sumTv *= factor;
  }
}
