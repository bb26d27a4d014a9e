import { maxMeasurementsPerReport, maxTextLength, maxValuesPerMeasurement } from '@myelin/contracts';
import { type Content, fingerprintOf } from './fingerprint.js';
import { MemberPlaces, metricSetOf } from './metric-set.js';

export interface PlainMeasurement {
  readonly ts: number | undefined;
  readonly boot: string | undefined;
  readonly seq: number | undefined;
  readonly content: Content;
}

/**
 * Reads a body straight from its bytes if it is plain: no blanks, the members ts, boot, seq and values in this order,
 * and every value a flag, an ASCII text without escapes, or a number as JavaScript writes it. The values are canonical
 * then, but for the order of their members, and neither JSON.parse nor the schema could say anything else about them.
 *
 * @returns undefined when the body is not plain, valid or not: parsing it and its schema decide
 */
export function readPlainBody(body: Buffer): PlainMeasurement[] | undefined {
  const reader = new PlainBodyReader(body);
  const measurements: PlainMeasurement[] = [];
  const many = reader.skip(openBracket);
  do {
    const measurement = reader.measurement();
    if (measurement === undefined || measurements.length === maxMeasurementsPerReport) return undefined;
    measurements.push(measurement);
  } while (many && reader.skip(comma));
  if (many && !reader.skip(closeBracket)) return undefined;
  return reader.atEnd ? measurements : undefined;
}

const quote = 0x22;
const comma = 0x2c;
const minus = 0x2d;
const dot = 0x2e;
const zero = 0x30;
const nine = 0x39;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const lowerF = 0x66;
const lowerT = 0x74;
const openBrace = 0x7b;
const closeBrace = 0x7d;

const tsMember = Buffer.from('"ts":');
const bootMember = Buffer.from('"boot":"');
const seqMember = Buffer.from('"seq":');
const valuesMember = Buffer.from('"values":{');
const trueText = Buffer.from('true');
const falseText = Buffer.from('false');

/** Decimals of up to so many digits are told apart by doubles, so the double's shortest text is the one that was read. */
const maxDigits = 15;
/** Smaller numbers are written with an exponent. */
const maxLeadingZeros = 5;
const maxNameLength = 128;
const maxBootLength = 64;

/** By byte: 1 = in a name of a metric or in a boot id, 2 = also as the first of a name. */
const nameBytes = byteTable('.:/-', 1, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_', 2);
const slash = 0x2f;

/** Plain in a JSON text: ASCII that is printed and needs no escape. */
const plainBytes = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte <= 0x7e && byte !== quote && byte !== 0x5c ? 1 : 0,
);

const members = new MemberPlaces(maxValuesPerMeasurement);

class PlainBodyReader {
  private at = 0;
  private ts: number | undefined;
  private boot: string | undefined;
  private seq: number | undefined;

  constructor(private readonly body: Buffer) {}

  get atEnd(): boolean {
    return this.at === this.body.length;
  }

  skip(byte: number): boolean {
    if (this.body[this.at] !== byte) return false;
    this.at += 1;
    return true;
  }

  measurement(): PlainMeasurement | undefined {
    if (!this.skip(openBrace) || !this.head() || !this.skipText(valuesMember) || !this.values()) return undefined;
    const set = metricSetOf(this.body, members);
    if (set === undefined || !this.skip(closeBrace)) return undefined;
    const { ts, boot, seq } = this;
    const { metrics, shape } = set;
    const valuesJson = this.canonicalValues(set.order);
    return {
      ts,
      boot,
      seq,
      content: { fingerprint: fingerprintOf(boot, seq, valuesJson), metrics, shape, valuesJson },
    };
  }

  /** Whatever there is of ts, boot and seq, each with the comma behind it. */
  private head(): boolean {
    this.ts = this.boot = this.seq = undefined;
    if (this.skipText(tsMember) && ((this.ts = this.natural()) === undefined || !this.skip(comma))) return false;
    if (this.skipText(bootMember) && ((this.boot = this.bootId()) === undefined || !this.skip(comma))) return false;
    if (!this.skipText(seqMember)) return true;
    this.seq = this.natural();
    return this.seq !== undefined && this.ts !== undefined && this.boot !== undefined && this.skip(comma);
  }

  private skipText(text: Buffer): boolean {
    for (let index = 0; index < text.length; index++) {
      if (text[index] !== this.body[this.at + index]) return false;
    }
    this.at += text.length;
    return true;
  }

  private natural(): number | undefined {
    const from = this.at;
    let value = 0;
    for (let byte = this.body[this.at]; isDigit(byte); byte = this.body[++this.at]) value = value * 10 + byte - zero;
    const digits = this.at - from;
    if (digits === 0 || digits > maxDigits || (digits > 1 && this.body[from] === zero)) return undefined;
    return value;
  }

  private bootId(): string | undefined {
    const from = this.at;
    for (let byte = this.body[this.at]; isInName(byte) && byte !== slash;) byte = this.body[++this.at];
    const to = this.at;
    if (to === from || to - from > maxBootLength || !this.skip(quote)) return undefined;
    return this.body.toString('latin1', from, to);
  }

  /** Behind the opening brace; notes the places of the members. */
  private values(): boolean {
    members.count = 0;
    members.hash = 0;
    do {
      if (members.count === maxValuesPerMeasurement || !this.skip(quote) || !this.name() || !this.value()) return false;
      members.valueEnd[members.count++] = this.at;
    } while (this.skip(comma));
    return this.skip(closeBrace);
  }

  private name(): boolean {
    const from = this.at;
    let byte = this.body[from];
    if (byte === undefined || nameBytes[byte] !== 2) return false;
    let { hash } = members;
    for (; isInName(byte); byte = this.body[++this.at]) hash = (Math.imul(hash, 31) + byte) | 0;
    members.hash = Math.imul(hash, 31) + quote;
    members.nameAt[members.count] = from;
    members.nameEnd[members.count] = this.at;
    return this.at - from <= maxNameLength && this.skip(quote) && this.skip(colon);
  }

  private value(): boolean {
    const byte = this.body[this.at];
    if (byte === quote) return this.text();
    if (byte === lowerT) return this.skipText(trueText);
    return byte === lowerF ? this.skipText(falseText) : this.number();
  }

  private text(): boolean {
    const from = ++this.at;
    for (let byte = this.body[from]; byte !== undefined && plainBytes[byte] === 1;) byte = this.body[++this.at];
    return this.at - from <= maxTextLength && this.skip(quote);
  }

  private number(): boolean {
    const { body } = this;
    const negative = this.skip(minus);
    const from = this.at;
    let at = from;
    while (isDigit(body[at])) at += 1;
    let digits = at - from;
    const startsWithZero = body[from] === zero;
    if (digits === 0 || (startsWithZero && digits > 1)) return false;
    if (body[at] === dot) {
      const fraction = at + 1;
      for (at = fraction; isDigit(body[at]);) at += 1;
      if (at === fraction || body[at - 1] === zero) return false;
      if (startsWithZero && zerosAt(body, fraction) > maxLeadingZeros) return false;
      digits += at - fraction;
    } else if (startsWithZero && negative) {
      return false;
    }
    this.at = at;
    return digits <= maxDigits;
  }

  private canonicalValues(order: readonly number[] | undefined): string {
    const { nameAt, valueEnd, count } = members;
    const part = (from: number, to: number): string =>
      this.body.toString('latin1', (nameAt[from] as number) - 1, valueEnd[to]);
    if (order === undefined) return `{${part(0, count - 1)}}`;
    return `{${order.map((member) => part(member, member)).join(',')}}`;
  }
}

function isDigit(byte: number | undefined): byte is number {
  return byte !== undefined && byte >= zero && byte <= nine;
}

function isInName(byte: number | undefined): byte is number {
  return byte !== undefined && nameBytes[byte] !== 0;
}

function zerosAt(body: Buffer, from: number): number {
  let at = from;
  while (body[at] === zero) at += 1;
  return at - from;
}

function byteTable(...marks: (string | number)[]): Uint8Array {
  const table = new Uint8Array(256);
  for (let index = 0; index < marks.length; index += 2) {
    for (const byte of Buffer.from(marks[index] as string)) table[byte] = marks[index + 1] as number;
  }
  return table;
}
