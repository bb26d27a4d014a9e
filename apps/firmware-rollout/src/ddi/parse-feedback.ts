import type { DeviceReport } from '../domain/assignments/device-report.js';
import { DdiRefusal, refuse } from './ddi-refusal.js';
import { type Execution, executions, type FeedbackOn, type Finished, finishes, reportOf } from './feedback-tables.js';
import { integerOf, timeMsOf } from './lenient-numbers.js';
import { type DdiBody, isObject, type JsonObject, parseLenientObject } from './lenient-json.js';
import { messagePieces } from './message-pieces.js';

export interface Feedback {
  readonly kind: 'feedback';
  readonly report: DeviceReport;
  /** The vendor's own number for it, an int32. */
  readonly code?: number;
  /** In the device's order, none longer than 512 UTF-16 units, without NUL and lone surrogates. */
  readonly messages: readonly string[];
  /** By the device's clock. */
  readonly atMs?: number;
}

/** SWUpdate with debug logging sends far more than the usual kilobytes, and a refused report makes it begin anew. */
export const feedbackMaxBytes = 262_144;
/** As sent, before long ones are split: SWUpdate sends up to 48, each of several kilobytes. */
export const feedbackMaxMessages = 50;

/**
 * The body of a feedback, read as tolerantly as rule 8 of the DDI notes says: only what decides has to be right.
 * Refused: 400 unreadable, or `execution`, `result`, `finished` missing or unknown; 413; 429 too many messages.
 */
export function parseFeedback(on: FeedbackOn, body: DdiBody): Feedback | DdiRefusal {
  const parsed = parseLenientObject(body, feedbackMaxBytes);
  if (parsed instanceof DdiRefusal) return parsed;
  const { status } = parsed;
  if (!isObject(status)) return refuse('body-invalid', 'status must be an object', { pointer: '/status' });
  const decided = decisionOf(status);
  if (decided instanceof DdiRefusal) return decided;
  const details = detailsOf(status['details']);
  if (details.length > feedbackMaxMessages) {
    const detail = `one feedback has at most ${feedbackMaxMessages} messages, not ${details.length}`;
    return refuse('too-many', detail, { pointer: '/status/details' });
  }
  const code = integerOf(status['code']);
  const atMs = timeMsOf(parsed['timestamp']);
  return {
    kind: 'feedback',
    report: reportOf(on, decided.execution, decided.finished),
    messages: details.flatMap(messagePieces),
    ...(code !== undefined && { code }),
    ...(atMs !== undefined && { atMs }),
  };
}

interface Decision {
  readonly execution: Execution;
  readonly finished: Finished;
}

function decisionOf({ execution, result }: JsonObject): Decision | DdiRefusal {
  if (!isOneOf(executions, execution)) return notOneOf(executions, '/status/execution');
  if (!isObject(result)) return refuse('body-invalid', 'result must be an object', { pointer: '/status/result' });
  const { finished } = result;
  if (!isOneOf(finishes, finished)) return notOneOf(finishes, '/status/result/finished');
  return { execution, finished };
}

function isOneOf<Word extends string>(words: readonly Word[], value: unknown): value is Word {
  return (words as readonly unknown[]).includes(value);
}

function notOneOf(words: readonly string[], pointer: string): DdiRefusal {
  return refuse('body-invalid', `must be one of ${words.join(', ')}`, { pointer });
}

/** A list, or one text instead of it. */
export function detailsOf(details: unknown): readonly string[] {
  if (details === undefined || details === null) return [];
  const list: readonly unknown[] = Array.isArray(details) ? details : [details];
  return list.filter((one) => one !== null).map(written);
}

/** Empty for what is nested more deeply than can be written: it decides nothing. */
function written(detail: unknown): string {
  if (typeof detail === 'string') return detail;
  try {
    return JSON.stringify(detail);
  } catch {
    return '';
  }
}
