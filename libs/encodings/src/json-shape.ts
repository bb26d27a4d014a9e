export interface JsonShape {
  /** Objects and arrays within each other; a lone scalar has depth 0. */
  readonly depth: number;
  /** Members of all objects, a repeated name counted every time. */
  readonly members: number;
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;

/**
 * One pass over the bytes of a JSON text, before it is parsed: parsing what is nested a hundred thousand deep is not
 * free, and a parser forgets that a name came twice. Says nothing about whether the text is JSON.
 */
export function jsonShape(text: Uint8Array): JsonShape {
  let depth = 0;
  let deepest = 0;
  let members = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at] as number;
    if (byte === quote) at = endOfString(text, at);
    else if (byte === colon) members++;
    else if (byte === 0x7b || byte === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return { depth: deepest, members };
}

function endOfString(text: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < text.length) {
    const byte = text[at] as number;
    if (byte === quote) return at;
    at += byte === backslash ? 2 : 1;
  }
  return at;
}
