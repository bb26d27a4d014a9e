import { describe, expect, test } from '@jest/globals';
import { decode, encode } from 'cbor2';
import fc from 'fast-check';
import { EncodingFault } from '../encoding-fault.js';
import { type PlainValue, readPlainCbor, writePlainCbor } from './plain-cbor.js';

const values = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as PlainValue);
const lengths = [0, 23, 24, 255, 256, 65_535, 65_536];

describe('what JSON can say, in CBOR', () => {
  test('is read by the other implementation as what was written, and read from it', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(decode(writePlainCbor(value))).toEqual(value);
        expect(readPlainCbor(Buffer.from(encode(value)), 64)).toEqual(value);
        expect(readPlainCbor(writePlainCbor(value), 64)).toEqual(value);
      }),
    );
  });

  test.each([...lengths, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, 0.5, 1e300])(
    'the number %d, and below zero',
    (number) => {
      for (const value of [number, -number - 1]) expect(decode(writePlainCbor(value))).toBe(value);
    },
  );

  test.each(lengths)('texts and lists of length %i', (length) => {
    expect(decode(writePlainCbor('x'.repeat(length)))).toBe('x'.repeat(length));
    expect(decode(writePlainCbor(Array<number>(length).fill(7)))).toHaveLength(length);
  });

  test('has the shortest form of every length (RFC 8949, 4.2.1)', () => {
    expect(writePlainCbor({ id: '8', of: [1, 24, null, true] }).toString('hex')).toBe(
      'a2626964613862' + '6f66840118' + '18f6f5',
    );
  });

  test('is refused where it is nested deeper than the limit, or has keys that are no text', () => {
    const fault = (hex: string): string => {
      try {
        readPlainCbor(Buffer.from(hex, 'hex'), 3);
      } catch (error) {
        if (error instanceof EncodingFault) return error.faultName;
      }
      return 'none';
    };
    expect(fault('81818101')).toBe('none');
    expect(fault('8181818101')).toBe('body-too-deep');
    expect(fault('81'.repeat(100_000))).toBe('body-too-deep');
    expect(fault('a10102')).toBe('member-name-not-text');
  });
});
