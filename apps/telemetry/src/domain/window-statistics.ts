export const windowFunctions = ['rms', 'peak', 'crestFactor', 'mean'] as const;
export type WindowFunction = (typeof windowFunctions)[number];

export interface WindowStatistics {
  readonly rms: number;
  /** The greatest magnitude. */
  readonly peak: number;
  /** Peak over root mean square; undefined for a window of zeros. */
  readonly crestFactor: number | undefined;
  readonly mean: number;
}

/**
 * Of the samples of one window, at least one. Samples are scaled by a power of two, which changes no digit, so that
 * squares neither overflow nor vanish; sums carry their rounding errors along. What is left is a few units in the last place.
 */
export function windowStatistics(samples: readonly number[]): WindowStatistics {
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  if (peak === 0) return { rms: 0, peak, crestFactor: undefined, mean: 0 };
  const scale = 2 ** Math.min(Math.floor(Math.log2(peak)), 1023);
  const squares = new CompensatedSum();
  const sum = new CompensatedSum();
  for (const sample of samples) {
    const scaled = sample / scale;
    sum.add(scaled);
    squares.add(scaled * scaled);
  }
  const scaledRms = Math.sqrt(squares.value / samples.length);
  return {
    rms: Math.min(scaledRms * scale, peak),
    peak,
    crestFactor: Math.max(1, peak / scale / scaledRms),
    mean: (sum.value / samples.length) * scale,
  };
}

/** Neumaier's variant of Kahan's summation. */
class CompensatedSum {
  private sum = 0;
  private lost = 0;

  add(term: number): void {
    const next = this.sum + term;
    this.lost += Math.abs(this.sum) >= Math.abs(term) ? this.sum - next + term : term - next + this.sum;
    this.sum = next;
  }

  get value(): number {
    return this.sum + this.lost;
  }
}
