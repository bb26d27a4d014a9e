import { type DdiRefusal, refuse } from './ddi-refusal.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * A JSON object from bytes as devices send them: raw control characters (SWUpdate's logs hold raw newlines) count as
 * spaces, a byte order mark as nothing, and what is no UTF-8 becomes U+FFFD. Whatever is no object is refused with 400,
 * more than `maxBytes` with 413.
 */
export function parseLenientObject(body: Uint8Array, maxBytes: number): JsonObject | DdiRefusal {
  if (body.length > maxBytes) return refuse('body-too-large', `the body is longer than ${maxBytes} bytes`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(decoder.decode(withoutControls(body)));
  } catch {
    return refuse('body-not-readable', 'the body is not JSON', { pointer: '' });
  }
  if (isObject(parsed)) return parsed;
  return refuse('body-not-readable', 'the body is not a JSON object', { pointer: '' });
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const decoder = new TextDecoder();
const space = 0x20;

/** Between tokens a space is as good as a newline; no byte of a longer UTF-8 sequence is that low. */
function withoutControls(body: Uint8Array): Uint8Array {
  const first = body.findIndex((byte) => byte < space);
  if (first < 0) return body;
  const cleaned = Uint8Array.from(body);
  for (let at = first; at < cleaned.length; at += 1) if ((cleaned[at] as number) < space) cleaned[at] = space;
  return cleaned;
}
