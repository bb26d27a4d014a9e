import { describe, expect, test } from '@jest/globals';
import { type CborDialect, decodeCbor } from './decode-cbor.js';
import { EncodingFault } from '../encoding-fault.js';
import { anyCbor } from './any-cbor.fixture.js';

/** RFC 8949, appendix A: the encodings and what they decode to. */
const accepted: [string, unknown][] = [
  ['00', 0],
  ['01', 1],
  ['0a', 10],
  ['17', 23],
  ['1818', 24],
  ['1819', 25],
  ['1864', 100],
  ['1903e8', 1000],
  ['1a000f4240', 1_000_000],
  ['1b000000e8d4a51000', 1_000_000_000_000],
  ['20', -1],
  ['29', -10],
  ['3863', -100],
  ['3903e7', -1000],
  ['f90000', 0],
  ['f98000', 0], // -0.0: there is one zero
  ['f93c00', 1],
  ['fb3ff199999999999a', 1.1],
  ['f93e00', 1.5],
  ['f97bff', 65_504],
  ['fa47c35000', 100_000],
  ['fa7f7fffff', 3.4028234663852886e38],
  ['fb7e37e43c8800759c', 1e300],
  ['f90001', 5.960464477539063e-8],
  ['f90400', 0.00006103515625],
  ['f9c400', -4],
  ['fbc010666666666666', -4.1],
  ['f4', false],
  ['f5', true],
  ['f6', null],
  ['c074323031332d30332d32315432303a30343a30305a', 1_363_896_240_000],
  ['c11a514b67b0', 1_363_896_240_000],
  ['c1fb41d452d9ec200000', 1_363_896_240_500],
  ['60', ''],
  ['6161', 'a'],
  ['6449455446', 'IETF'],
  ['62225c', '"\\'],
  ['62c3bc', 'ü'],
  ['63e6b0b4', '水'],
  ['64f0908591', '𐅑'],
  ['80', []],
  ['83010203', [1, 2, 3]],
  ['8301820203820405', [1, [2, 3], [4, 5]]],
  ['98190102030405060708090a0b0c0d0e0f101112131415161718181819', Array.from({ length: 25 }, (_, i) => i + 1)],
  ['a0', {}],
  ['a26161016162820203', { a: 1, b: [2, 3] }],
  ['826161a161626163', ['a', { b: 'c' }]],
  ['a56161614161626142616361436164614461656145', { a: 'A', b: 'B', c: 'C', d: 'D', e: 'E' }],
  ['7f657374726561646d696e67ff', 'streaming'],
  ['9fff', []],
  ['9f018202039f0405ffff', [1, [2, 3], [4, 5]]],
  ['9f01820203820405ff', [1, [2, 3], [4, 5]]],
  ['83018202039f0405ff', [1, [2, 3], [4, 5]]],
  ['83019f0203ff820405', [1, [2, 3], [4, 5]]],
  ['9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff', Array.from({ length: 25 }, (_, i) => i + 1)],
  ['bf61610161629f0203ffff', { a: 1, b: [2, 3] }],
  ['826161bf61626163ff', ['a', { b: 'c' }]],
  ['bf6346756ef563416d7421ff', { Fun: true, Amt: -2 }],
];

/** The rest of appendix A: well-formed, and no value of ours. */
const refused: [string, string][] = [
  ['1bffffffffffffffff', 'integer-too-large'],
  ['3bffffffffffffffff', 'integer-too-large'],
  ['c249010000000000000000', 'tag-not-supported'],
  ['c349010000000000000000', 'tag-not-supported'],
  ['f97c00', 'number-not-finite'],
  ['f97e00', 'number-not-finite'],
  ['f9fc00', 'number-not-finite'],
  ['fa7f800000', 'number-not-finite'],
  ['fa7fc00000', 'number-not-finite'],
  ['faff800000', 'number-not-finite'],
  ['fb7ff0000000000000', 'number-not-finite'],
  ['fb7ff8000000000000', 'number-not-finite'],
  ['fbfff0000000000000', 'number-not-finite'],
  ['f7', 'value-not-supported'],
  ['f0', 'value-not-supported'],
  ['f8ff', 'value-not-supported'],
  ['d74401020304', 'tag-not-supported'],
  ['d818456449455446', 'tag-not-supported'],
  ['d82076687474703a2f2f7777772e6578616d706c652e636f6d', 'tag-not-supported'],
  ['40', 'bytes-not-supported'],
  ['4401020304', 'bytes-not-supported'],
  ['5f42010243030405ff', 'bytes-not-supported'],
  ['a201020304', 'member-name-not-text'],
];

/** RFC 8949, appendix F: not well-formed, for each of its reasons. */
const malformed: [string, string][] = [
  ...['18', '19', '1a', '1b', '1901', '1a0102', '1b01020304050607'].map(cut),
  ...['38', '58', '78', '98', '9a01ff00', 'b8', 'd8', 'f8', 'f900', 'fa0000', 'fb000000'].map(cut),
  ...['41', '61', '5affffffff00', '5bffffffffffffffff010203', '7affffffff00', '7b7fffffffffffffff010203'].map(cut),
  ...['81', '818181818181818181', '8200', 'a1', 'a20102', 'a100', 'a2000000', 'c0'].map(cut),
  ...['5f4100', '7f6100', '9f', '9f0102', 'bf', 'bf01020102', '819f', '9f8000', '9f9f9f9f9fffffffff'].map(cut),
  ...['1c', '1d', '1e', '3c', '3d', '3e', '5c', '5d', '5e', '7c', '7d', '7e'].map(undefinedInfo),
  ...['9c', '9d', '9e', 'bc', 'bd', 'be', 'dc', 'dd', 'de', 'fc', 'fd', 'fe'].map(undefinedInfo),
  ...['f800', 'f801', 'f818', 'f81f'].map((hex): [string, string] => [hex, 'a simple value below 32 in two bytes']),
  ...['7f00ff', '7f4100ff', '7f7f6100ffff'].map((hex): [string, string] => [hex, 'a piece of another kind']),
  ...['ff', '81ff', '8200ff', 'a1ff', 'a16161ff', 'a2616100ff', '9f81ff', 'bf616100ffff'].map(
    (hex): [string, string] => [hex, 'a break out of place'],
  ),
  ...['bf6161ff', '1f', '3f', 'df'].map((hex): [string, string] => [hex, 'an indefinite item that cannot be']),
  ['0000', 'two items'],
  ['', 'nothing'],
];
function cut(hex: string): [string, string] {
  return [hex, 'too short'];
}
function undefinedInfo(hex: string): [string, string] {
  return [hex, 'an additional information that is not defined'];
}

function outcomeOf(hex: string, dialect: CborDialect = anyCbor): string {
  try {
    return JSON.stringify(decodeCbor(Buffer.from(hex, 'hex'), 16, dialect));
  } catch (error) {
    if (!(error instanceof EncodingFault)) throw error;
    return error.faultName;
  }
}

/** The item as the value of a member that is passed over: only whether it is well-formed counts then. */
function outcomeWhenPassedOver(hex: string): string {
  return outcomeOf(`a16178${hex}`, { ...anyCbor, isRead: () => false });
}

describe('the examples of RFC 8949', () => {
  test.each(accepted)('%s is %j', (hex, expected) => {
    const decoded = decodeCbor(Buffer.from(hex, 'hex'), 16, anyCbor);
    expect(decoded).toEqual(expected);
    expect(Object.is(decoded, -0)).toBe(false);
    expect(outcomeWhenPassedOver(hex)).toBe('{}');
  });

  test.each(refused)('%s is refused as a value: %s, and can be passed over', (hex, fault) => {
    expect(outcomeOf(hex)).toBe(fault);
    expect(outcomeWhenPassedOver(hex)).toBe('{}');
  });

  test.each(malformed)('%s is malformed: %s, also where it is passed over', (hex) => {
    expect(malformedOrNoValue).toContain(outcomeOf(hex));
    expect(outcomeWhenPassedOver(hex)).toBe('malformed-cbor');
  });
});

/** Some of the examples are no value of ours even before they are malformed. */
const malformedOrNoValue = ['malformed-cbor', 'member-name-not-text', 'bytes-not-supported'];
