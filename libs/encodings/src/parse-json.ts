import { isUtf8 } from 'node:buffer';
import { EncodingFault } from './encoding-fault.js';
import { jsonShape } from './json-shape.js';

export interface ParsedJson {
  readonly value: unknown;
  /** Members of all objects in the text, a repeated name counted every time: the parser keeps the last. */
  readonly members: number;
}

/** @throws EncodingFault body-not-utf8, body-too-deep, malformed-json */
export function parseJson(text: Buffer, maxDepth: number): ParsedJson {
  if (!isUtf8(text)) throw EncodingFault.named('body-not-utf8', 'JSON is written in UTF-8 (RFC 8259, 8.1)');
  const { depth, members } = jsonShape(text);
  if (depth > maxDepth) throw EncodingFault.named('body-too-deep', `nested deeper than ${maxDepth}`);
  try {
    return { value: JSON.parse(text.toString('utf8')) as unknown, members };
  } catch {
    throw EncodingFault.named('malformed-json', 'not JSON'); // the parser's message quotes the body
  }
}

/** Members of all objects in a value. */
export function membersIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const parts = Object.values(value);
  let members = Array.isArray(value) ? 0 : parts.length;
  for (const part of parts) members += membersIn(part);
  return members;
}
