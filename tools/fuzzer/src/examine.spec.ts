import { describe, expect, test } from '@jest/globals';
import type { DecodedReport } from '@myelin/encodings';
import { type Decode, decodeAsEdgesDo, examine, type Input } from './examine.js';

const cbor = (hex: string): Input => ({
  bytes: Buffer.from(hex, 'hex'),
  mediaType: 'application/cbor',
  coding: 'identity',
});
/** {"values": {"a": 1}} */
const report = cbor('a16676616c756573a1616101');

const changed =
  (change: (honest: DecodedReport) => Partial<DecodedReport>): Decode =>
  (input) => {
    const honest = decodeAsEdgesDo(input);
    return { ...honest, ...change(honest) };
  };
const value = (of: unknown): Decode => changed(() => ({ value: { values: { a: of } }, body: () => report.bytes }));

describe('what is examined', () => {
  test('breaks no promise when it is honest', () => {
    expect(examine(report)).toEqual({ outcome: 'accepted' });
    expect(examine(cbor('a1'))).toEqual({ outcome: 'malformed-cbor' });
    expect(examine(cbor('f6'))).toEqual({ outcome: 'read, not of the contract' });
  });

  let calls = 0;
  test.each<[string, Decode, RegExp]>([
    [
      'throws what is no named fault',
      () => {
        throw new TypeError('oops');
      },
      /^threw TypeError/,
    ],
    ['reads another number', value(2), /another value to the other/],
    ['takes malformed bytes', changed(() => ({})), /refused by the other/],
    [
      'calls malformed what is not',
      (input) => decodeAsEdgesDo({ ...input, bytes: input.bytes.subarray(1) }),
      /well-formed to the other/,
    ],
    [
      'forwards other bytes than it read',
      changed(() => ({ body: () => Buffer.from('{"values":{"a":2}}') })),
      /altered/,
    ],
    [
      'forwards what the contract refuses',
      changed(() => ({ body: () => Buffer.from('{"values":{}}') })),
      /the contract/,
    ],
    [
      'forwards other bytes the second time',
      changed(() => ({ body: () => Buffer.from(`${' '.repeat(calls++)}{"values":{"a":1}}`) })),
      /second time/,
    ],
    ['forwards more than is allowed', changed(() => ({ body: () => Buffer.alloc(600_000, ' ') })), /600000 bytes/],
  ])('is found when it %s', (what, decode, broken) => {
    const lenient: Decode = () => decodeAsEdgesDo(report);
    const [input, given] = what.startsWith('takes malformed')
      ? [cbor('a16676616c756573a16161'), lenient]
      : [report, decode];
    expect(examine(input, given).broken).toMatch(broken);
  });
});
