import { gzipSync, zstdCompressSync } from 'node:zlib';
import { type ContentCoding, contentCodings, type ReportMediaType, reportMediaTypes } from '@myelin/encodings';
import type { Input } from './examine.js';
import { mutated } from './mutate.js';
import { Random } from './random.js';
import { randomCbor } from './random-cbor.js';
import { validInputs } from './valid-inputs.js';

/** How many inputs are made from one drawing of valid ones. */
const perDrawing = 4_000;
const drawn = 100;

/** Inputs without end: valid ones, valid ones that were damaged, well-formed CBOR of any shape, and random bytes. */
export function* inputs(seed: number): Generator<Input, never> {
  const random = new Random(seed);
  for (;;) {
    const valid = validInputs(random.uint32() >>> 1, drawn);
    const pools: Readonly<Record<ReportMediaType, readonly Buffer[]>> = {
      'application/json': valid.json,
      'application/cbor': valid.cbor,
      'application/senml+json': valid.senmlJson,
      'application/senml+cbor': valid.senmlCbor,
    };
    for (let nth = 0; nth < perDrawing; nth++) {
      const mediaType = random.pick(reportMediaTypes);
      yield compressed(random, body(random, pools[mediaType], mediaType), mediaType);
    }
  }
}

function body(random: Random, pool: readonly Buffer[], mediaType: ReportMediaType): Buffer {
  const kind = random.below(10);
  const valid = random.pick(pool);
  if (kind <= 2) return valid;
  if (kind === 3) return random.bytes(random.below(random.chance(0.01) ? 20_000 : 40));
  if (kind <= 5 && mediaType.endsWith('cbor')) return randomCbor(random);
  if (kind === 6 && random.chance(0.05)) return repeated(random, valid);
  return mutated(random, valid, random.pick(pool));
}

/** Large: one piece of a body, again and again. */
function repeated(random: Random, bytes: Buffer): Buffer {
  const from = random.below(bytes.length);
  const piece = bytes.subarray(from, from + 1 + random.below(12));
  return Buffer.concat([bytes.subarray(0, from), Buffer.alloc(random.below(200_000), piece)]);
}

function compressed(random: Random, bytes: Buffer, mediaType: ReportMediaType): Input {
  const coding: ContentCoding = random.chance(0.9) ? 'identity' : random.pick(contentCodings);
  if (coding === 'identity') return { bytes, mediaType, coding };
  const zipped = coding === 'gzip' ? gzipSync(bytes) : zstdCompressSync(bytes);
  return { bytes: random.chance(0.5) ? zipped : mutated(random, zipped, bytes), mediaType, coding };
}
