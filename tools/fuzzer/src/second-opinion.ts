import { decode, Simple, Tag } from 'cbor2';
import type { EncodingFault } from '@myelin/encodings';

const settings = {
  rejectDuplicateKeys: true,
  ignoreGlobalTags: true,
  preferMap: true,
  maxDepth: 64,
} as const;

/**
 * What another decoder says about a body of CBOR, where the two do not agree: whatever is accepted must mean the same to
 * both, and what is called malformed must be malformed to both. Undefined: they agree.
 */
export function disagreement(body: Buffer, ours: { value: unknown } | EncodingFault): string | undefined {
  let theirs: unknown;
  try {
    theirs = plain(decode(body, settings));
  } catch (error) {
    if (!('value' in ours)) return undefined;
    return `accepted, and refused by the other: ${error instanceof Error ? error.message : String(error)}`;
  }
  if ('value' in ours) return same(ours.value, theirs) ? undefined : 'accepted, and another value to the other';
  return ours.faultName === 'malformed-cbor' ? `${ours.message}: well-formed to the other` : undefined;
}

/** Their values in our terms; what has no term of ours stays itself and differs. */
function plain(value: unknown): unknown {
  if (value instanceof Map) return new Map([...value].map(([key, member]) => [key as unknown, plain(member)]));
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Tag) return taggedAs(Number(value.tag), value.contents);
  if (typeof value === 'number') return value === 0 ? 0 : value;
  if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) return Number(value);
  return value instanceof Simple ? undefined : value;
}

function taggedAs(tag: number, contents: unknown): unknown {
  if (tag === 55_799) return plain(contents);
  if (tag === 0) return Date.parse(String(contents).toUpperCase());
  if (tag === 1) return Math.round(Number(contents) * 1_000);
  if (tag === 4 && Array.isArray(contents)) return plain(Number(`${String(contents[1])}e${String(contents[0])}`));
  return contents instanceof Uint8Array ? typedArray(tag, contents) : undefined;
}

const arrays: Readonly<Record<number, new (buffer: ArrayBuffer) => ArrayLike<number | bigint>>> = {
  ...{ 64: Uint8Array, 68: Uint8ClampedArray, 72: Int8Array },
  ...{ 69: Uint16Array, 70: Uint32Array, 71: BigUint64Array },
  ...{ 77: Int16Array, 78: Int32Array, 79: BigInt64Array },
  ...{ 85: Float32Array, 86: Float64Array },
};

/** Half floats (80, 84) are left out: this platform's arrays of them are not everywhere. */
function typedArray(tag: number, bytes: Uint8Array): unknown {
  if (tag === 80 || tag === 84) return anything;
  const isBigEndian = (tag & 4) === 0 && tag !== 64 && tag !== 72;
  const Numbers = arrays[isBigEndian ? tag + 4 : tag];
  if (Numbers === undefined) return undefined;
  const copy = Buffer.from(bytes);
  const width = (tag & 3) + (tag >= 80 ? 1 : 0);
  if (isBigEndian && width === 1) copy.swap16();
  else if (isBigEndian && width === 2) copy.swap32();
  else if (isBigEndian && width === 3) copy.swap64();
  const buffer = copy.buffer.slice(copy.byteOffset, copy.byteOffset + copy.length) as ArrayBuffer;
  return Array.from(new Numbers(buffer), (number) => plain(Number(number)));
}

const anything = Symbol('anything');

/** Our objects beside their maps. */
function same(ours: unknown, theirs: unknown): boolean {
  if (theirs === anything) return Array.isArray(ours);
  if (theirs instanceof Map) {
    const members = Object.entries(ours ?? {});
    return members.length === theirs.size && members.every(([name, member]) => same(member, theirs.get(name)));
  }
  if (Array.isArray(theirs)) {
    return Array.isArray(ours) && ours.length === theirs.length && ours.every((item, at) => same(item, theirs[at]));
  }
  return Object.is(ours, theirs);
}
