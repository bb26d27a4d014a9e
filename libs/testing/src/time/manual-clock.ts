import type { Clock } from '@myelin/kernel';

/** Time that stands still until the test moves it. */
export class ManualClock implements Clock {
  constructor(private currentMs: number = Date.UTC(2026, 0, 1)) {}

  nowMs(): number {
    return this.currentMs;
  }

  /** Forwards, or backwards with a negative number, as real clocks do. */
  advance(byMs: number): void {
    this.currentMs += byMs;
  }

  set(toMs: number): void {
    this.currentMs = toMs;
  }
}
