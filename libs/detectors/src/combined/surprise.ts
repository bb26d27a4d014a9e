import { at } from '../model.js';

/** What is larger says no more; the logarithm of everything below stays within 7. */
const maxDeviation = 1000;
/** Before there are maxima: those of `blockLength` readings of well-behaved noise are about 3.5 deviations. */
const priorMean = 1.5;
const priorScale = 0.3;
const priorBlocks = 3;
const minScale = 0.1;

/**
 * How surprising a deviation is in view of the largest of this very series: a series with frequent large deviations has to
 * show larger ones. The largest deviation of each block of readings is kept as mean and variance (block maxima, Gumbel 1958),
 * on a logarithmic scale, as tails of real series are heavy. Five slots: blocks, mean, variance, largest of this block, its
 * readings.
 */
export class Surprise {
  static readonly slots = 5;

  constructor(
    private readonly slot: number,
    private readonly options: { readonly blockLength: number; readonly blocks: number; readonly clip: number },
  ) {}

  /** In standard deviations of the maxima above their mean; −Infinity for NaN. */
  step(state: Float64Array, deviation: number): number {
    if (Number.isNaN(deviation)) return Number.NEGATIVE_INFINITY;
    const { slot } = this;
    const { blockLength, clip } = this.options;
    const known = at(state, slot);
    const own = known / (known + priorBlocks);
    const mean = own * at(state, slot + 1) + (1 - own) * priorMean;
    const variance = own * at(state, slot + 2) + (1 - own) * priorScale * priorScale;
    const scale = Math.max(minScale, Math.sqrt(variance));
    const size = Math.log1p(Math.min(deviation, maxDeviation));
    const largest = Math.max(at(state, slot + 3), size);
    const readings = at(state, slot + 4) + 1;
    if (readings === blockLength) this.learn(state, known > 3 ? Math.min(largest, mean + clip * scale) : largest);
    state[slot + 3] = readings === blockLength ? 0 : largest;
    state[slot + 4] = readings % blockLength;
    return (size - mean) / scale;
  }

  private learn(state: Float64Array, largest: number): void {
    const { slot } = this;
    const known = at(state, slot) + 1;
    const alpha = Math.max(1 / this.options.blocks, 1 / known);
    const distance = largest - at(state, slot + 1);
    state[slot] = known;
    state[slot + 1] = at(state, slot + 1) + alpha * distance;
    state[slot + 2] = (1 - alpha) * (at(state, slot + 2) + alpha * distance * distance);
  }
}
