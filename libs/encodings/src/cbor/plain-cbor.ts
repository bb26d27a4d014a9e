import { majorTypes } from './cbor-cursor.js';
import { type CborDialect, decodeCbor } from './decode-cbor.js';

/** A protocol whose bodies are JSON, written in CBOR: text keys; times, which JSON has none of, are milliseconds. */
const plain: CborDialect = {
  memberName: (key, cursor) =>
    typeof key === 'string' ? key : cursor.fail('member-name-not-text', 'the keys of a map are text strings'),
  isRead: () => true,
  mayBeTime: () => true,
};

/**
 * What JSON can say, from CBOR. Work and memory are bounded by the length of the bytes, nesting by `maxDepth`.
 * @throws EncodingFault as `decodeCbor`
 */
export function readPlainCbor(bytes: Buffer, maxDepth: number): unknown {
  return decodeCbor(bytes, maxDepth, plain);
}

/** What JSON can say. */
export type PlainValue =
  null | boolean | number | string | readonly PlainValue[] | { readonly [member: string]: PlainValue };

/** The same value gives the same bytes: lengths are told, in the shortest form, members in the order that they have. */
export function writePlainCbor(value: PlainValue): Buffer {
  const pieces: Buffer[] = [];
  write(value, pieces);
  return Buffer.concat(pieces);
}

const simple = { false: 0xf4, true: 0xf5, null: 0xf6 } as const;
const float64 = 0xfb;

function write(value: PlainValue, pieces: Buffer[]): void {
  if (typeof value === 'string') return text(value, pieces);
  if (typeof value === 'number') return void pieces.push(number(value));
  if (value === null || typeof value === 'boolean') return void pieces.push(Buffer.of(simple[`${value}`]));
  if (isList(value)) {
    pieces.push(head(majorTypes.array, value.length));
    for (const item of value) write(item, pieces);
    return;
  }
  const members = Object.entries(value);
  pieces.push(head(majorTypes.map, members.length));
  for (const [name, member] of members) {
    text(name, pieces);
    write(member, pieces);
  }
}

function isList(value: readonly PlainValue[] | object): value is readonly PlainValue[] {
  return Array.isArray(value);
}

function text(value: string, pieces: Buffer[]): void {
  const bytes = Buffer.from(value);
  pieces.push(head(majorTypes.text, bytes.length), bytes);
}

function number(value: number): Buffer {
  if (Number.isSafeInteger(value))
    return value < 0 ? head(majorTypes.negative, -1 - value) : head(majorTypes.unsigned, value);
  const bytes = Buffer.alloc(9, float64);
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

/** RFC 8949, 3. */
function head(major: number, argument: number): Buffer {
  const initial = major << 5;
  if (argument < 24) return Buffer.of(initial | argument);
  if (argument < 2 ** 8) return Buffer.of(initial | 24, argument);
  const bytes = Buffer.alloc(argument < 2 ** 16 ? 3 : argument < 2 ** 32 ? 5 : 9);
  if (bytes.length === 9) bytes.writeBigUInt64BE(BigInt(argument), 1);
  else bytes.writeUIntBE(argument, 1, bytes.length - 1);
  bytes[0] = initial | { 3: 25, 5: 26, 9: 27 }[bytes.length as 3 | 5 | 9];
  return bytes;
}
