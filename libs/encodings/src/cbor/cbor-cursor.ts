import { isUtf8 } from 'node:buffer';
import { EncodingFault, type EncodingFaultName } from '../encoding-fault.js';
import { jsonPointer } from '../json-pointer.js';
import { half } from './half.js';

/** The major types of RFC 8949, 3.1. */
export const majorTypes = {
  unsigned: 0,
  negative: 1,
  bytes: 2,
  text: 3,
  array: 4,
  map: 5,
  tag: 6,
  simple: 7,
} as const;

const breakByte = 0xff;

/** Reads the heads and strings of CBOR (RFC 8949, 3). Knows where it stands, and fails there; knows no values. */
export class CborCursor {
  /** From the root to the item that is read. */
  readonly path: (string | number)[] = [];
  /** Of the last head. */
  major = 0;
  /** The additional information of the last head. */
  info = 0;
  /** The argument of the last head; beyond 2^53 no longer exact, but never below. */
  argument = 0;
  #at = 0;
  readonly #view: DataView;

  constructor(private readonly bytes: Buffer) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get remaining(): number {
    return this.bytes.length - this.#at;
  }

  /** True when the last head began an item whose length is not told. */
  get isIndefinite(): boolean {
    return this.info === 31;
  }

  readHead(): void {
    const initial = this.#view.getUint8(this.#take(1));
    this.major = initial >> 5;
    this.info = initial & 0x1f;
    this.argument = this.#readArgument();
  }

  /** The major type of the item that comes next. */
  peekMajor(): number {
    if (this.remaining === 0) this.malformed('the body ends before an item');
    return (this.bytes[this.#at] as number) >> 5;
  }

  /** Whether a break comes next, and passes over it. */
  takeBreak(): boolean {
    if (this.bytes[this.#at] !== breakByte) return false;
    this.#at++;
    return true;
  }

  /** The floating-point number of the last head. */
  float(): number {
    if (this.info === 25) return half(this.argument);
    return this.info === 26 ? this.#view.getFloat32(this.#at - 4) : this.#view.getFloat64(this.#at - 8);
  }

  /** The text string of the last head. */
  text(): string {
    if (!this.isIndefinite) return this.#textPiece();
    let text = '';
    while (this.#nextPiece(majorTypes.text)) text += this.#textPiece();
    return text;
  }

  /** The byte string of the last head, without a copy where it is in one piece. */
  byteString(): Buffer {
    if (!this.isIndefinite) return this.#bytePiece();
    const pieces: Buffer[] = [];
    while (this.#nextPiece(majorTypes.bytes)) pieces.push(this.#bytePiece());
    return Buffer.concat(pieces);
  }

  /** Passes over the string of the last head, of either kind. */
  skipString(): void {
    const { major } = this;
    if (!this.isIndefinite) return void this.#take(this.argument);
    while (this.#nextPiece(major)) this.#take(this.argument);
  }

  /** @throws EncodingFault always, at the item that is read */
  fail(name: EncodingFaultName, message: string): never {
    throw EncodingFault.named(name, message, jsonPointer(this.path));
  }

  /** @throws EncodingFault malformed-cbor, always */
  malformed(what: string): never {
    return this.fail('malformed-cbor', `${what} (at byte ${this.#at})`);
  }

  #readArgument(): number {
    const { info } = this;
    if (info < 24) return info;
    if (info === 24) return this.#view.getUint8(this.#take(1));
    if (info === 25) return this.#view.getUint16(this.#take(2));
    if (info === 26) return this.#view.getUint32(this.#take(4));
    if (info === 27) {
      const at = this.#take(8);
      return this.#view.getUint32(at) * 2 ** 32 + this.#view.getUint32(at + 4);
    }
    const mayBeIndefinite = this.major >= majorTypes.bytes && this.major <= majorTypes.map;
    if (info === 31 && mayBeIndefinite) return 0;
    if (info === 31 && this.major === majorTypes.simple) return this.malformed('a break outside of an indefinite item');
    return this.malformed('an additional information that is not defined');
  }

  /** Reads the head of the next piece of an indefinite string; false behind the last. Pieces are of one kind and definite. */
  #nextPiece(major: number): boolean {
    if (this.takeBreak()) return false;
    this.readHead();
    if (this.major !== major || this.isIndefinite) this.malformed('a string in a string of another kind');
    return true;
  }

  /** A piece is valid by itself: a character is never split (RFC 8949, 3.2.3). */
  #textPiece(): string {
    const start = this.#take(this.argument);
    const text = this.bytes.toString('utf8', start, this.#at);
    // Only what was replaced, or is the replacement character itself, needs a second look.
    if (text.includes('\ufffd') && !isUtf8(this.bytes.subarray(start, this.#at))) {
      this.fail('body-not-utf8', 'a text string is not UTF-8');
    }
    return text;
  }

  #bytePiece(): Buffer {
    const start = this.#take(this.argument);
    return this.bytes.subarray(start, this.#at);
  }

  /** Goes on by some bytes and returns where they start. */
  #take(length: number): number {
    if (length > this.remaining) this.malformed('the body ends within an item');
    const start = this.#at;
    this.#at += length;
    return start;
  }
}
