/** One look at a process. */
export interface MemorySample {
  readonly atMs: number;
  readonly bytes: number;
}

export interface Flatness {
  readonly flat: boolean;
  /** Of the samples after the warm-up. */
  readonly medianBytes: number;
  readonly maxBytes: number;
  readonly bytesPerHour: number;
  /** What the slope adds up to from the end of the warm-up to the end of the run. */
  readonly growthBytes: number;
}

/**
 * The rule: the first quarter of the run is warm-up. Behind it, the Theil-Sen slope (the median of the slopes between
 * all pairs of samples, which single peaks and the saw-tooth of a collector do not move) may add up to 8 % of the median
 * or 12 MiB, whichever is more.
 */
export const flatnessRule = { warmUpShare: 0.25, growthShare: 0.08, growthBytes: 12 * 1_048_576 } as const;

/** Undefined with fewer than three samples after the warm-up. */
export function flatnessOf(samples: readonly MemorySample[]): Flatness | undefined {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const warmAtMs = first.atMs + (last.atMs - first.atMs) * flatnessRule.warmUpShare;
  const warm = samples.filter(({ atMs }) => atMs >= warmAtMs);
  if (warm.length < 3) return undefined;
  const slopes = warm.flatMap((a, i) =>
    warm.slice(i + 1).map((b) => (b.atMs === a.atMs ? 0 : (b.bytes - a.bytes) / (b.atMs - a.atMs))),
  );
  const bytesPerMs = median(slopes);
  const medianBytes = median(warm.map(({ bytes }) => bytes));
  const growthBytes = bytesPerMs * (last.atMs - warmAtMs);
  return {
    flat: growthBytes <= Math.max(flatnessRule.growthShare * medianBytes, flatnessRule.growthBytes),
    medianBytes,
    maxBytes: Math.max(...warm.map(({ bytes }) => bytes)),
    bytesPerHour: bytesPerMs * 3_600_000,
    growthBytes,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
