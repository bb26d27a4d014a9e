/** Recovered: so many measurements in a row, of any devices, were shown by a query within that time after being sent. */
export const recoveryRule = { samples: 10, withinMs: 3_000 } as const;

/** Finds out from latency samples when a damaged system is well again. */
export class RecoveryWatch {
  #waiting:
    { readonly sinceMs: number; readonly withinMs: number; readonly found: (tookMs: number) => void } | undefined;
  #row = 0;
  #firstShownMs = 0;

  /** @param sentAtMs of a measurement that is shown by a query `latencyMs` later, which is now */
  sample(sentAtMs: number, latencyMs: number): void {
    const waiting = this.#waiting;
    if (waiting === undefined || sentAtMs < waiting.sinceMs) return;
    if (latencyMs > waiting.withinMs) {
      this.#row = 0;
      return;
    }
    if (this.#row === 0) this.#firstShownMs = sentAtMs + latencyMs;
    this.#row += 1;
    if (this.#row < recoveryRule.samples) return;
    this.#waiting = undefined;
    waiting.found(this.#firstShownMs - waiting.sinceMs);
  }

  /** @returns milliseconds from `sinceMs` to the first of the row; only measurements sent after `sinceMs` count */
  recovered(sinceMs: number, withinMs: number = recoveryRule.withinMs): Promise<number> {
    this.#row = 0;
    return new Promise((found) => {
      this.#waiting = { sinceMs, withinMs, found };
    });
  }
}
