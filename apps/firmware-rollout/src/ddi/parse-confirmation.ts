import { DdiRefusal, refuse } from './ddi-refusal.js';
import { integerOf } from './lenient-numbers.js';
import { type DdiBody, parseLenientObject } from './lenient-json.js';
import { detailsOf, feedbackMaxMessages } from './parse-feedback.js';
import { messagePieces } from './message-pieces.js';

export const confirmationMaxBytes = 65_536;
const longest = { initiator: 64, remark: 512 } as const;

/** Section 3.8 of the DDI notes. */
export interface ConfirmationFeedback {
  readonly kind: 'confirmation';
  readonly isConfirmed: boolean;
  /** An int32. */
  readonly code?: number;
  readonly messages: readonly string[];
}

/** Refused: 400 unreadable, or `confirmation` missing or unknown; 413; 429 too many messages. */
export function parseConfirmation(body: DdiBody): ConfirmationFeedback | DdiRefusal {
  const parsed = parseLenientObject(body, confirmationMaxBytes);
  if (parsed instanceof DdiRefusal) return parsed;
  const { confirmation } = parsed;
  if (confirmation !== 'confirmed' && confirmation !== 'denied')
    return refuse('body-invalid', 'must be one of confirmed, denied', { pointer: '/confirmation' });
  const details = detailsOf(parsed['details']);
  if (details.length > feedbackMaxMessages)
    return refuse('too-many', `one feedback has at most ${feedbackMaxMessages} messages`, { pointer: '/details' });
  const code = integerOf(parsed['code']);
  return {
    ...{ kind: 'confirmation', isConfirmed: confirmation === 'confirmed' },
    messages: details.flatMap(messagePieces),
    ...(code !== undefined && { code }),
  };
}

/** Who wants a device to agree to everything, and why. */
export interface AutoConfirmWish {
  readonly kind: 'auto-confirm';
  readonly initiator?: string;
  readonly remark?: string;
}

/** The body is optional, and so is each of its members. Refused: 400 unreadable, no text, or too long; 413. */
export function parseAutoConfirm(body: DdiBody): AutoConfirmWish | DdiRefusal {
  if (body.length === 0) return { kind: 'auto-confirm' };
  const parsed = parseLenientObject(body, confirmationMaxBytes);
  if (parsed instanceof DdiRefusal) return parsed;
  const wish: { initiator?: string; remark?: string } = {};
  for (const member of ['initiator', 'remark'] as const) {
    const value = parsed[member] ?? undefined;
    if (value === undefined) continue;
    if (typeof value !== 'string' || value.length > longest[member])
      return refuse('body-invalid', `must be a text of at most ${longest[member]} characters`, {
        pointer: `/${member}`,
      });
    wish[member] = messagePieces(value).join('');
  }
  return { kind: 'auto-confirm', ...wish };
}
