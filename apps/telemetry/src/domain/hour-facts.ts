/** What is told of the rows of a device-hour, as they are read once, in the order of their times. */
export class HourFacts {
  duplicates = 0;
  /** Rows with a value out of its range. */
  outOfRange = 0;
  /** Values at a moment that another row has named already. */
  conflicts = 0;
  /** Different times. */
  moments = 0;
  private readonly delaysMs: number[] = [];
  private lastMs: number | undefined;

  get count(): number {
    return this.delaysMs.length;
  }

  /** @param ms since the epoch, no earlier than the row before @param delayMs from measuring to receiving */
  row(ms: number, { delayMs, duplicates, outOfRange }: RowFacts): void {
    this.delaysMs.push(delayMs);
    this.duplicates += duplicates;
    if (outOfRange) this.outOfRange += 1;
    if (ms !== this.lastMs) this.moments += 1;
    this.lastMs = ms;
  }

  /** To be asked after at least one row. */
  delays(lateAfterMs: number): Delays {
    const sorted = Float64Array.from(this.delaysMs).sort();
    const firstLate = sorted.findIndex((delayMs) => delayMs > lateAfterMs);
    return {
      sumMs: sorted.reduce((sum, delayMs) => sum + delayMs, 0),
      minMs: sorted[0] as number,
      maxMs: sorted.at(-1) as number,
      p95Ms: sorted[Math.ceil(0.95 * sorted.length) - 1] as number,
      late: firstLate === -1 ? 0 : sorted.length - firstLate,
    };
  }
}

export interface RowFacts {
  readonly delayMs: number;
  readonly duplicates: number;
  readonly outOfRange: boolean;
}

export interface Delays {
  readonly sumMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** The least that 95 % of the rows do not exceed. */
  readonly p95Ms: number;
  readonly late: number;
}
