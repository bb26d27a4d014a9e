const firstMs = 100;
const longestMs = 2_000;

/** How long to wait after failures in a row: doubling, with jitter, without end. */
export class Backoff {
  private failures = 0;

  get failing(): boolean {
    return this.failures > 0;
  }

  succeed(): void {
    this.failures = 0;
  }

  fail(): void {
    this.failures++;
  }

  pauseMs(): number {
    const ceilingMs = Math.min(longestMs, firstMs * 2 ** Math.min(this.failures, 10));
    return ceilingMs * (0.5 + Math.random() / 2);
  }
}
