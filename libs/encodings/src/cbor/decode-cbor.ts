import { CborCursor, majorTypes } from './cbor-cursor.js';
import { epochMsOf } from './rfc3339.js';
import { type TypedArrayLayout, typedArrayLayout } from './typed-array.js';

/** What a format that is written in CBOR says about keys and times. */
export interface CborDialect {
  /** The member's name for the key of a map. Fails at the cursor for a key that the format does not have. */
  memberName(key: string | number, cursor: CborCursor): string;
  /** False: the value is passed over, whatever it is, and the member becomes `undefined`. */
  isRead(member: string): boolean;
  /** Whether the item at this path may be a time (tags 0 and 1). It becomes milliseconds since the epoch. */
  mayBeTime(path: readonly (string | number)[]): boolean;
}

/** What marks a body as CBOR: tag 55799 in its one preferred form (RFC 8949, 3.4.6). */
const selfDescribed = Buffer.from('d9d9f7', 'hex');

/**
 * One CBOR item (RFC 8949) as what JSON can say: null, booleans, finite numbers, text, arrays, objects with text keys.
 * What cannot become that without loss is refused. Work and memory are bounded by the length of the bytes.
 * @throws EncodingFault malformed-cbor, body-not-utf8, body-too-deep, duplicate-member, bytes-not-supported,
 * integer-too-large, member-name-not-text, number-not-finite, tag-content-invalid, tag-not-supported, value-not-supported
 */
export function decodeCbor(bytes: Buffer, maxDepth: number, dialect: CborDialect): unknown {
  const isMarked = bytes.length > selfDescribed.length && bytes.subarray(0, selfDescribed.length).equals(selfDescribed);
  const cursor = new CborCursor(isMarked ? bytes.subarray(selfDescribed.length) : bytes);
  const value = new ItemReader(cursor, maxDepth, dialect).read();
  if (cursor.remaining > 0) cursor.malformed('more follows behind the one item of a body');
  return value;
}

class ItemReader {
  #depth = 0;

  constructor(
    private readonly cursor: CborCursor,
    private readonly maxDepth: number,
    private readonly dialect: CborDialect,
  ) {}

  read(): unknown {
    const { cursor } = this;
    cursor.readHead();
    switch (cursor.major) {
      case majorTypes.unsigned:
        return this.#safe(cursor.argument);
      case majorTypes.negative:
        return this.#safe(-1 - cursor.argument);
      case majorTypes.bytes:
        return cursor.fail('bytes-not-supported', 'a byte string is no value, unless it is tagged as array of numbers');
      case majorTypes.text:
        return cursor.text();
      case majorTypes.array:
        return this.#array();
      case majorTypes.map:
        return this.#map();
      case majorTypes.tag:
        return this.#tagged(cursor.argument);
      default:
        return this.#simple();
    }
  }

  #array(): unknown[] {
    const { cursor } = this;
    const count = this.#enter(1);
    const items: unknown[] = [];
    while (!this.#isOver(count, items.length)) {
      cursor.path.push(items.length);
      items.push(this.read());
      cursor.path.pop();
    }
    this.#depth--;
    return items;
  }

  #map(): Record<string, unknown> {
    const { cursor, dialect } = this;
    const count = this.#enter(2);
    const members: Record<string, unknown> = {};
    for (let nth = 0; !this.#isOver(count, nth); nth++) {
      const name = dialect.memberName(this.#key(), cursor);
      cursor.path.push(name);
      if (Object.hasOwn(members, name)) cursor.fail('duplicate-member', 'the map has this key twice');
      setMember(members, name, dialect.isRead(name) ? this.read() : this.#skip());
      cursor.path.pop();
    }
    this.#depth--;
    return members;
  }

  #key(): string | number {
    const { cursor } = this;
    const major = cursor.peekMajor();
    if (major !== majorTypes.text) return this.#integer('member-name-not-text', 'the keys of a map are text strings');
    cursor.readHead();
    return cursor.text();
  }

  #tagged(tag: number): unknown {
    const { cursor, dialect } = this;
    this.#deeper();
    const value = this.#tagContent(tag, typedArrayLayout(tag), tag <= 1 && dialect.mayBeTime(cursor.path));
    this.#depth--;
    return value;
  }

  #tagContent(tag: number, layout: TypedArrayLayout | undefined, isTime: boolean): unknown {
    if (layout !== undefined) return this.#typedArray(layout);
    if (tag === 4) return this.#decimalFraction();
    if (isTime) return tag === 0 ? this.#dateTime() : this.#epochTime();
    const about = tag <= 1 ? 'a time stands in ts and nowhere else' : `tag ${tag} has no meaning here`;
    return this.cursor.fail('tag-not-supported', about);
  }

  /** RFC 8949, 3.4.1. */
  #dateTime(): number {
    const { cursor } = this;
    if (cursor.peekMajor() === majorTypes.text) {
      cursor.readHead();
      const epochMs = epochMsOf(cursor.text());
      if (epochMs !== undefined) return epochMs;
    }
    return cursor.fail('tag-content-invalid', 'tag 0 takes a date and time of RFC 3339');
  }

  /** RFC 8949, 3.4.2: an integer or a float, in seconds. */
  #epochTime(): number {
    const { cursor } = this;
    const major = cursor.peekMajor();
    const isNumeric = major === majorTypes.unsigned || major === majorTypes.negative || major === majorTypes.simple;
    const seconds = isNumeric ? this.read() : undefined;
    if (typeof seconds === 'number') return Math.round(seconds * 1_000);
    return cursor.fail('tag-content-invalid', 'tag 1 takes seconds since the epoch');
  }

  /** RFC 8949, 3.4.4: mantissa times 10 to the exponent, as the nearest double. */
  #decimalFraction(): number {
    const { cursor } = this;
    const what = 'tag 4 takes an array of two integers, exponent and mantissa';
    cursor.readHead();
    if (cursor.major !== majorTypes.array || cursor.argument !== 2) cursor.fail('tag-content-invalid', what);
    const exponent = this.#integer('tag-content-invalid', what);
    const mantissa = this.#integer('tag-content-invalid', what);
    return this.#finite(Number(`${mantissa}e${exponent}`));
  }

  #typedArray(layout: TypedArrayLayout): number[] {
    const { cursor } = this;
    const { bytesPerNumber, isFloat } = layout;
    cursor.readHead();
    if (cursor.major !== majorTypes.bytes) cursor.fail('tag-content-invalid', 'a typed array is a byte string');
    const bytes = cursor.byteString();
    if (bytes.length % bytesPerNumber !== 0) cursor.fail('tag-content-invalid', 'a typed array ends within a number');
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const numbers: number[] = [];
    for (let at = 0; at < bytes.length; at += bytesPerNumber) {
      const number = layout.numberAt(view, at);
      cursor.path.push(numbers.length);
      numbers.push(isFloat ? this.#finite(number) : this.#safe(number));
      cursor.path.pop();
    }
    return numbers;
  }

  #simple(): unknown {
    const { cursor } = this;
    if (cursor.info >= 25) return this.#finite(cursor.float());
    if (cursor.info === 24 && cursor.argument < 32) cursor.malformed('a simple value in two bytes that needs one');
    switch (cursor.argument) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
        return null;
      default:
        return cursor.fail('value-not-supported', `simple value ${cursor.argument} is no value`);
    }
  }

  #integer(otherwise: 'member-name-not-text' | 'tag-content-invalid', what: string): number {
    const { cursor } = this;
    const major = cursor.peekMajor();
    if (major !== majorTypes.unsigned && major !== majorTypes.negative) cursor.fail(otherwise, what);
    cursor.readHead();
    return this.#safe(major === majorTypes.unsigned ? cursor.argument : -1 - cursor.argument);
  }

  #safe(integer: number): number {
    if (Number.isSafeInteger(integer)) return integer;
    return this.cursor.fail('integer-too-large', 'beyond 2^53 an integer is not exact: send a float, or text');
  }

  /** JSON has no sign of zero that all readers keep: there is one zero. */
  #finite(number: number): number {
    if (Number.isFinite(number)) return number === 0 ? 0 : number;
    return this.cursor.fail('number-not-finite', 'NaN and infinities are no values');
  }

  /** Passes over one item that is well-formed. */
  #skip(): undefined {
    const { cursor } = this;
    cursor.readHead();
    const { major } = cursor;
    if (major === majorTypes.bytes || major === majorTypes.text) return void cursor.skipString();
    if (major === majorTypes.array || major === majorTypes.map)
      return this.#skipItems(major === majorTypes.map ? 2 : 1);
    if (major === majorTypes.simple && cursor.info === 24 && cursor.argument < 32) cursor.malformed('a simple value');
    if (major !== majorTypes.tag) return undefined;
    this.#deeper();
    this.#skip();
    this.#depth--;
  }

  #skipItems(perEntry: number): undefined {
    const count = this.#enter(perEntry);
    for (let nth = 0; !this.#isOver(count, nth); nth++) {
      for (let item = 0; item < perEntry; item++) this.#skip();
    }
    this.#depth--;
  }

  /** Into an array or a map: how many entries, Infinity when that is not told. No entry is shorter than a byte per item. */
  #enter(itemsPerEntry: number): number {
    const { cursor } = this;
    this.#deeper();
    if (cursor.isIndefinite) return Infinity;
    if (cursor.argument * itemsPerEntry > cursor.remaining) cursor.malformed('the body ends within an array or a map');
    return cursor.argument;
  }

  #isOver(count: number, read: number): boolean {
    return count === Infinity ? this.cursor.takeBreak() : read === count;
  }

  #deeper(): void {
    if (++this.#depth > this.maxDepth) this.cursor.fail('body-too-deep', `nested deeper than ${this.maxDepth}`);
  }
}

/** Assigning to `__proto__` would not make a member of it. */
function setMember(members: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') members[name] = value;
  else Object.defineProperty(members, name, { value, enumerable: true, configurable: true, writable: true });
}
