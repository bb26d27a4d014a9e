import { setTimeout as delay } from 'node:timers/promises';
import { describeError } from '@myelin/kernel';
import { TestingError } from '../testing.errors.js';

export interface WaitForOptions {
  /** Default 10,000. */
  readonly timeoutMs?: number;
  /** Completes the sentence "waited in vain for ...". A function is asked at the end, to tell what was seen instead. */
  readonly what: string | (() => string);
  /** Between two looks, default 20. */
  readonly intervalMs?: number;
}

/**
 * Looks until `condition` gives something other than undefined, null or false, and returns that. A condition that
 * throws is asked again; the last error is told when time is up.
 * @throws TestingError testing.timeout
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: WaitForOptions,
): Promise<Exclude<T, undefined | null | false>> {
  const { timeoutMs = 10_000, intervalMs = 20, what } = options;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let cause: unknown;
    try {
      const value = await condition();
      if (value !== undefined && value !== null && value !== false)
        return value as Exclude<T, undefined | null | false>;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) {
      const sought = typeof what === 'string' ? what : what();
      const reason = cause === undefined ? '' : `; the last attempt failed: ${describeError(cause)}`;
      throw TestingError.permanent('testing.timeout', `waited ${timeoutMs} ms in vain for ${sought}${reason}`, {
        cause,
      });
    }
    await delay(intervalMs);
  }
}
