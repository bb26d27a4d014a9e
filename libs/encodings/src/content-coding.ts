import { constants, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { EncodingFault } from './encoding-fault.js';
import type { ContentCoding } from './media-types.js';

export interface InflationLimits {
  /** Of the result. */
  readonly maxBytes: number;
  /** Bytes of the result per received byte. */
  readonly maxInflation: number;
}

/**
 * Synchronous, because what it can cost is bounded: half a megabyte takes about a millisecond.
 * @throws EncodingFault malformed-gzip, malformed-zstd, body-inflates-too-much
 */
export function decodedContent(received: Buffer, coding: ContentCoding, limits: InflationLimits): Buffer {
  if (coding === 'identity') return received;
  const maxOutputLength = Math.max(1, Math.min(limits.maxBytes, received.length * limits.maxInflation));
  try {
    return coding === 'gzip' ? gunzipSync(received, { maxOutputLength }) : unzstd(received, maxOutputLength);
  } catch (error) {
    if (error instanceof EncodingFault) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw EncodingFault.named('body-inflates-too-much', `more than ${maxOutputLength} bytes when inflated`);
    }
    throw EncodingFault.named(`malformed-${coding}`, `the bytes are not ${coding}, or end too early`);
  }
}

/** RFC 9659: what encoders of this content coding keep to. The decoder allocates the window that a frame asks for. */
const maxWindowLog = 23;

function unzstd(received: Buffer, maxOutputLength: number): Buffer {
  const params = { [constants.ZSTD_d_windowLogMax]: maxWindowLog };
  // With `info`, Node returns the engine too; the types do not know.
  const { buffer, engine } = zstdDecompressSync(received, { maxOutputLength, params, info: true }) as unknown as {
    buffer: Buffer;
    engine: { bytesWritten: number };
  };
  // Node stops behind the first frame and says nothing about what comes then.
  if (engine.bytesWritten === received.length) return buffer;
  throw EncodingFault.named('malformed-zstd', 'more follows behind the first frame');
}
