import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { decodedContent } from './content-coding.js';
import { EncodingFault } from './encoding-fault.js';
import type { ContentCoding } from './media-types.js';

const limits = { maxBytes: 512 * 1_024, maxInflation: 100 };
const text = Buffer.from('{"values":{"temperature":21.5}}');
const codings = [
  ['gzip', gzipSync],
  ['zstd', zstdCompressSync],
] as const;

function faultOf(received: Buffer, coding: ContentCoding): string {
  try {
    decodedContent(received, coding, limits);
  } catch (error) {
    if (error instanceof EncodingFault) return error.faultName;
    throw error;
  }
  throw new Error('was inflated');
}

test('what is not compressed stays the same bytes', () => {
  expect(decodedContent(text, 'identity', limits)).toBe(text);
});

describe.each(codings)('%s', (coding, compress) => {
  test('gives what was compressed', () => {
    expect(decodedContent(compress(text), coding, limits)).toEqual(text);
    const half = Buffer.alloc(limits.maxBytes, text);
    expect(decodedContent(compress(half), coding, { ...limits, maxInflation: 10_000 }).equals(half)).toBe(true);
  });

  test('a bomb is refused by size and by ratio', () => {
    expect(faultOf(compress(Buffer.alloc(8 * 1_024 * 1_024)), coding)).toBe('body-inflates-too-much');
    expect(faultOf(compress(Buffer.alloc(20_000)), coding)).toBe('body-inflates-too-much');
    const oneByteMore = compress(Buffer.alloc(limits.maxBytes + 1, 'ab'));
    expect(() => decodedContent(oneByteMore, coding, { ...limits, maxInflation: 1e6 })).toThrow('when inflated');
  });

  test('what is none, and every end that comes too early, is malformed', () => {
    const compressed = compress(text);
    for (let length = 0; length < compressed.length; length++) {
      expect(faultOf(compressed.subarray(0, length), coding)).toBe(`malformed-${coding}`);
    }
    expect(faultOf(text, coding)).toBe(`malformed-${coding}`);
    expect(faultOf(Buffer.concat([compressed, text]), coding)).toBe(`malformed-${coding}`);
  });
});

describe('zstd', () => {
  test('a second frame is refused, not left out', () => {
    const frame = zstdCompressSync(text);
    expect(faultOf(Buffer.concat([frame, frame]), 'zstd')).toBe('malformed-zstd');
    const skippable = Buffer.from('502a4d1804000000deadbeef', 'hex');
    expect(faultOf(Buffer.concat([skippable, frame]), 'zstd')).toBe('malformed-zstd');
  });

  test('a window of 8 MiB is taken, a larger one is not', () => {
    const withWindow = (log: number): Buffer =>
      zstdCompressSync(text, {
        params: { [constants.ZSTD_c_windowLog]: log, [constants.ZSTD_c_contentSizeFlag]: 0 },
        finishFlush: constants.ZSTD_e_end,
      });
    // Behind magic and descriptor stands the window: exponent - 10 in the upper five bits (RFC 8878, 3.1.1.1.2).
    const asking = (log: number): Buffer => {
      const frame = Buffer.from('28b52ffd0000010000', 'hex');
      frame[5] = (log - 10) << 3;
      return frame;
    };
    expect(decodedContent(withWindow(23), 'zstd', limits)).toEqual(text);
    expect(decodedContent(asking(23), 'zstd', limits)).toHaveLength(0);
    expect(faultOf(asking(24), 'zstd')).toBe('malformed-zstd');
    expect(faultOf(asking(31), 'zstd')).toBe('malformed-zstd');
  });

  test('a checksum that does not fit is told', () => {
    const frame = zstdCompressSync(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
    frame[frame.length - 1] = (frame.at(-1) as number) ^ 1;
    expect(faultOf(frame, 'zstd')).toBe('malformed-zstd');
  });
});
