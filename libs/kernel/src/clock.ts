/** Wall clock. Everything that decides by time gets one handed in, so that tests own the time. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number;
}

export const systemClock: Clock = { nowMs: () => Date.now() };
