import { EncodingFault, readPlainCbor } from '@myelin/encodings';
import { DdiRefusal, refuse } from './ddi-refusal.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A body in CBOR, with the same members as in JSON. */
export class CborBody {
  constructor(readonly bytes: Buffer) {}

  get length(): number {
    return this.bytes.length;
  }
}

/** As a device sent it; bytes are JSON. */
export type DdiBody = Uint8Array | CborBody;

/** Nothing that devices send is nested deeper than 4. */
const maxDepth = 16;

/**
 * An object from a body as devices send it. In JSON raw control characters (SWUpdate's logs hold raw newlines) count as
 * spaces, a byte order mark as nothing, and what is no UTF-8 becomes U+FFFD; CBOR is strict. Whatever is no object is refused with 400,
 * more than `maxBytes` with 413.
 */
export function parseLenientObject(body: DdiBody, maxBytes: number): JsonObject | DdiRefusal {
  if (body.length > maxBytes) return refuse('body-too-large', `the body is longer than ${maxBytes} bytes`);
  const parsed = body instanceof CborBody ? parseCbor(body) : parseJson(body);
  if (parsed instanceof DdiRefusal || isObject(parsed)) return parsed;
  return refuse('body-not-readable', 'the body is not an object', { pointer: '' });
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(withoutControls(body)));
  } catch {
    return refuse('body-not-readable', 'the body is not JSON', { pointer: '' });
  }
}

function parseCbor({ bytes }: CborBody): unknown {
  try {
    return readPlainCbor(bytes, maxDepth);
  } catch (error) {
    if (!(error instanceof EncodingFault)) throw error;
    return refuse('body-not-readable', `the body is not CBOR as it is taken here: ${error.faultName}`, { pointer: '' });
  }
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
