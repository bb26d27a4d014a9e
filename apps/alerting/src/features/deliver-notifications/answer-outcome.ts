import { CodedError, isRetryable } from '@myelin/kernel';
import type { TryOutcome } from '../../domain/notifying/delivery.js';
import type { GuardedAnswer } from './guarded-request.js';

/** Statuses below 500 that pass: a receiver that is slow, not ready or asked too often. */
const passing = new Set([408, 425, 429]);

export function outcomeOfAnswer({ status, retryAfter }: GuardedAnswer, nowMs: number): TryOutcome {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const error = `status ${status}`;
  if (status < 500 && !passing.has(status)) return { kind: 'refused', error };
  const retryAfterMs = parseRetryAfter(retryAfter, nowMs);
  return { kind: 'failed', error, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** Only the code of an error and our own words: whatever else it says may hold an address or a secret. */
export function outcomeOfError(error: unknown): TryOutcome {
  const coded = error instanceof CodedError;
  const shown = coded ? `${error.code}: ${error.message}` : 'unexpected error';
  return { kind: coded && !isRetryable(error) ? 'refused' : 'failed', error: shown.slice(0, 200) };
}

/** RFC 9110, 10.2.3: seconds, or a date. */
function parseRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}
