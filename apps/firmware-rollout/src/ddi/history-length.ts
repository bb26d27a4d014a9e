import { type DdiRefusal, refuse } from './ddi-refusal.js';

export const longestHistory = 100;

/**
 * `actionHistory` of a query: how many messages are asked for, a negative number meaning as many as there may be.
 * `c` and whatever else stands there say nothing. Refused with 400 when it is no integer.
 */
export function historyLengthOf(query: string): number | DdiRefusal {
  if (!query.includes('actionHistory')) return 0;
  const text = new URLSearchParams(query).get('actionHistory');
  if (text === null) return 0;
  if (!/^-?\d{1,10}$/.test(text)) return refuse('parameter-invalid', 'actionHistory must be an integer');
  const asked = Number(text);
  return asked < 0 ? longestHistory : Math.min(asked, longestHistory);
}
