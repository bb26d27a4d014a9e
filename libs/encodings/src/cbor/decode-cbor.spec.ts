import { describe, expect, test } from '@jest/globals';
import { encode } from 'cbor2';
import fc from 'fast-check';
import { EncodingFault } from '../encoding-fault.js';
import { anyCbor } from './any-cbor.fixture.js';
import { type CborDialect, decodeCbor } from './decode-cbor.js';

const decode = (hex: string, dialect: CborDialect = anyCbor): unknown =>
  decodeCbor(Buffer.from(hex.replaceAll(' ', ''), 'hex'), 16, dialect);

function faultOf(hex: string, dialect?: CborDialect): [string, string | undefined] {
  try {
    decode(hex, dialect);
  } catch (error) {
    if (error instanceof EncodingFault) return [error.faultName, error.pointer];
    throw error;
  }
  throw new Error('was decoded');
}

describe('numbers', () => {
  test('integers are taken as far as they are exact, in both directions', () => {
    expect(decode('1b001fffffffffffff')).toBe(Number.MAX_SAFE_INTEGER);
    expect(decode('3b001ffffffffffffe')).toBe(Number.MIN_SAFE_INTEGER);
    expect(faultOf('1b0020000000000000')).toEqual(['integer-too-large', '']);
    expect(faultOf('3b001fffffffffffff')).toEqual(['integer-too-large', '']);
    expect(faultOf('1b0020000000000001')).toEqual(['integer-too-large', '']);
  });

  test('a longer form than needed is the same number', () => {
    expect(['1817', '190017', '1a00000017', '1b0000000000000017'].map((hex) => decode(hex))).toEqual([23, 23, 23, 23]);
  });

  test('every half float is the number that its bits say', () => {
    const wide = new DataView(new ArrayBuffer(8));
    const wrong: number[] = [];
    for (let bits = 0; bits < 65_536; bits++) {
      const encoded = `f9${bits.toString(16).padStart(4, '0')}`;
      const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
      // Rebiased by hand into a double, beside the arithmetic of the decoder.
      wide.setUint32(0, ((bits & 0x8000) << 16) | ((exponent + 1_008) << 20) | (fraction << 10));
      const subnormal = ((bits & 0x8000) === 0 ? 1 : -1) * (fraction / 2 ** 24);
      const expected = exponent === 0 ? subnormal + 0 : wide.getFloat64(0);
      const right =
        exponent === 31 ? faultOf(encoded)[0] === 'number-not-finite' : Object.is(decode(encoded), expected);
      if (!right) wrong.push(bits);
    }
    expect(wrong).toEqual([]);
  });

  test('a decimal fraction is the nearest double', () => {
    expect(decode('c4 82 20 18d5')).toBe(21.3);
    expect(decode('c4 82 38 18 01')).toBe(1e-25);
    expect(decode('c4 82 3903e7 01')).toBe(0);
    expect(decode('c4 82 00 20')).toBe(-1);
    expect(faultOf('c4 82 1903e8 01')).toEqual(['number-not-finite', '']);
    for (const wrong of ['c4 01', 'c4 81 01', 'c4 83 010101', 'c4 82 f93c00 01', 'c4 82 01 c24101', 'c4 d840420102']) {
      expect(faultOf(wrong)).toEqual(['tag-content-invalid', '']);
    }
  });
});

describe('typed arrays (RFC 8746)', () => {
  const numbers = [0, 1, 2, 127];
  const cases: [number, ArrayBufferView][] = [
    [64, Uint8Array.of(...numbers)],
    [68, Uint8ClampedArray.of(...numbers)],
    [72, Int8Array.of(...numbers, -128)],
    [69, Uint16Array.of(...numbers, 65_535)],
    [77, Int16Array.of(...numbers, -32_768)],
    [70, Uint32Array.of(...numbers, 4_294_967_295)],
    [78, Int32Array.of(...numbers, -2_147_483_648)],
    [71, BigUint64Array.of(0n, 9_007_199_254_740_991n)],
    [79, BigInt64Array.of(-9_007_199_254_740_991n, 5n)],
    [85, Float32Array.of(...numbers, 21.3, -1e-40)],
    [86, Float64Array.of(...numbers, 21.3, 1e300, -5e-324)],
  ];
  test.each(cases)('tag %i, and its big-endian kin', (tag, array) => {
    const littleEndian = Buffer.from(array.buffer);
    const width = (array as Uint8Array).BYTES_PER_ELEMENT;
    const expected = Array.from(array as unknown as ArrayLike<number | bigint>, Number);
    expect(decode(`d8${tag.toString(16)} 58${hex(littleEndian.length)} ${littleEndian.toString('hex')}`)).toEqual(
      expected,
    );
    if (width === 1) return;
    const bigEndian = Buffer.from(littleEndian);
    if (width === 2) bigEndian.swap16();
    else if (width === 4) bigEndian.swap32();
    else bigEndian.swap64();
    expect(decode(`d8${(tag - 4).toString(16)} 58${hex(bigEndian.length)} ${bigEndian.toString('hex')}`)).toEqual(
      expected,
    );
  });

  test('of half floats, of no number, and in pieces', () => {
    expect(decode('d850 44 3c00 4d40')).toEqual([1, 21]);
    expect(decode('d854 44 003c 404d')).toEqual([1, 21]);
    expect(decode('d840 40')).toEqual([]);
    expect(decode('d841 5f 41 01 42 0203 41 04 ff')).toEqual([258, 772]);
  });

  test('are refused where a number is none, is cut off or not exact, with the place of the number', () => {
    expect(faultOf('a16176 d851 48 3f800000 7fc00000')).toEqual(['number-not-finite', '/v/1']);
    expect(faultOf('a16176 d843 50 0000000000000001 0020000000000000')).toEqual(['integer-too-large', '/v/1']);
    expect(faultOf('a16176 d841 43 010203')).toEqual(['tag-content-invalid', '/v']);
    expect(faultOf('a16176 d840 82 0102')).toEqual(['tag-content-invalid', '/v']);
    for (const tag of ['4c', '53', '57', '58'])
      expect(faultOf(`d8${tag} 50 ${'00'.repeat(16)}`)[0]).toBe('tag-not-supported');
  });
});

describe('times', () => {
  test('are seconds or a date, to the nearest millisecond', () => {
    expect(decode('c1 fb41d452d9ec200000')).toBe(1_363_896_240_500);
    expect(decode('c1 20')).toBe(-1_000);
    const date = (text: string): string => `c0 78${hex(text.length)} ${Buffer.from(text).toString('hex')}`;
    expect(decode(date('2013-03-21T20:04:00.0006Z'))).toBe(1_363_896_240_001);
    expect(decode(date('2013-03-21t22:04:00+02:00'))).toBe(1_363_896_240_000);
    expect(decode(date('2013-03-21T15:34:00-04:30'))).toBe(1_363_896_240_000);
    const none = ['2013-02-30T00:00:00Z', '2013-03-21T24:00:00Z', '2013-03-21T20:04Z', '2013-03-21 20:04:00Z', '1'];
    for (const text of [...none, '2013-03-21T20:04:60Z', '2013-03-21T20:04:00+24:00', '2013-13-01T00:00:00Z']) {
      expect(faultOf(date(text))).toEqual(['tag-content-invalid', '']);
    }
  });

  test('are not text, not in each other, and not without end', () => {
    for (const wrong of ['c1 6131', 'c0 01', 'c1 c1 01', 'c1 c48220 01', 'c1 f6', 'c0 c0 6131']) {
      expect(faultOf(wrong)).toEqual(['tag-content-invalid', '']);
    }
    expect(faultOf('c1 f97c00')).toEqual(['number-not-finite', '']);
  });

  test('stand only where the format has times', () => {
    const never = { ...anyCbor, mayBeTime: () => false };
    expect(faultOf('a16174 c1 01', never)).toEqual(['tag-not-supported', '/t']);
  });
});

describe('structure', () => {
  test('a key that comes twice is refused where it comes again, also when its value is passed over', () => {
    expect(faultOf('a2 6161 01 6161 02')).toEqual(['duplicate-member', '/a']);
    expect(faultOf('81 a2 6161 01 7f 6161 ff 02')).toEqual(['duplicate-member', '/0/a']);
    expect(faultOf('a2 6161 01 6161 02', { ...anyCbor, isRead: () => false })).toEqual(['duplicate-member', '/a']);
  });

  test('keys are text', () => {
    for (const key of ['01', '40', 'f5', '80', 'c06161'])
      expect(faultOf(`a1${key}00`)).toEqual(['member-name-not-text', '']);
  });

  test('__proto__ is a key like others', () => {
    const value = decode(`a169${Buffer.from('__proto__').toString('hex')}a1617801`) as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(['__proto__']);
  });

  test('the mark of CBOR is passed over in front of the body, and nowhere else', () => {
    expect(decode('d9d9f7 81 01')).toEqual([1]);
    expect(faultOf('d9d9f7 d9d9f7 01')).toEqual(['tag-not-supported', '']);
    expect(faultOf('81 d9d9f7 01')).toEqual(['tag-not-supported', '/0']);
    expect(faultOf('d9d9f7')[0]).toBe('tag-not-supported');
  });

  test('text is UTF-8, each piece by itself', () => {
    expect(decode('63 efbfbd')).toBe('\ufffd');
    expect(faultOf('a16176 62 c328')).toEqual(['body-not-utf8', '/v']);
    expect(faultOf('a16176 63 eda080')).toEqual(['body-not-utf8', '/v']);
    expect(decode('7f 62 c3bc 61 61 ff')).toBe('üa');
    expect(faultOf('7f 61 c3 61 bc ff')).toEqual(['body-not-utf8', '']);
  });

  test('16 levels are taken, not 17, of arrays, maps, tags, and of what is passed over', () => {
    const skipping: CborDialect = { ...anyCbor, isRead: () => false };
    expect(() => decode(`${'81'.repeat(16)}01`)).not.toThrow();
    expect(faultOf(`${'81'.repeat(17)}01`)[0]).toBe('body-too-deep');
    expect(faultOf(`${'9f'.repeat(17)}`)[0]).toBe('body-too-deep');
    expect(faultOf(`${'a16161'.repeat(17)}01`)[0]).toBe('body-too-deep');
    expect(() => decode(`${'81'.repeat(15)}c101`)).not.toThrow();
    expect(faultOf(`${'81'.repeat(16)}c101`)[0]).toBe('body-too-deep');
    for (const nesting of ['81', '9f', 'a16161', 'c1']) {
      expect(faultOf(`a16178${nesting.repeat(100_000)}01`, skipping)[0]).toBe('body-too-deep');
    }
  });

  test.each(['9affffffff', '9bffffffffffffffff', 'baffffffff', '5bffffffffffffffff', '7affffffff', 'd8405affffffff'])(
    '%s announces more than there is, and is refused before room is made for it',
    (hex) => {
      const before = process.memoryUsage();
      expect(['malformed-cbor', 'bytes-not-supported']).toContain(faultOf(`${hex}0000`)[0]);
      expect(process.memoryUsage().rss - before.rss).toBeLessThan(64 * 1_024 * 1_024);
    },
  );
});

test('whatever another encoder writes of what JSON can say is read as the same', () => {
  const json = fc.jsonValue({ maxDepth: 4, stringUnit: 'grapheme' });
  fc.assert(
    fc.property(json, fc.boolean(), (value, float64) => {
      const [written] = [Buffer.from(encode(value, { float64, avoidInts: float64 }))];
      expect(JSON.stringify(decodeCbor(written, 16, anyCbor))).toBe(JSON.stringify(value));
    }),
    { numRuns: 500 },
  );
});

function hex(length: number): string {
  return length.toString(16).padStart(2, '0');
}
