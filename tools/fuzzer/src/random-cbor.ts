import type { Random } from './random.js';

/** Words that mean something to the decoders. */
const words = ['ts', 'boot', 'seq', 'values', 'a', 'temperature', 'lat', 'lon', '__proto__', 'bn', 'x_', '', 'ü', '1'];
const tags = [0, 1, 2, 3, 4, 5, 24, 32, 55_799];

/**
 * Well-formed CBOR of any shape, in forms that encoders rarely choose: heads longer than needed, indefinite lengths, tags
 * over each other, every simple value. Sometimes a piece is wrong.
 */
export function randomCbor(random: Random, depth = 0): Buffer {
  const kind = random.below(depth > 12 ? 4 : 8);
  if (random.chance(0.005)) return random.bytes(1 + random.below(3));
  switch (kind) {
    case 0:
      return head(random, random.below(2), random.pick([random.below(30), random.uint32(), 2 ** 53 - 1, 2 ** 60]));
    case 1:
      return string(random, 2, random.bytes(random.below(9)));
    case 2:
      return string(random, 3, Buffer.from(random.pick(words)));
    case 3:
      return simple(random);
    case 4:
      return items(random, 4, depth, random.below(4));
    case 5:
      return items(random, 5, depth, random.below(4));
    case 6:
      return report(random, depth);
    default:
      return Buffer.concat([head(random, 6, tagOf(random)), randomCbor(random, depth + 1)]);
  }
}

function tagOf(random: Random): number {
  return random.chance(0.6) ? 63 + random.below(27) : random.pick(tags);
}

/** A head, now and then longer than it had to be. */
function head(random: Random, major: number, argument: number): Buffer {
  const bytes = Buffer.alloc(9);
  const width = Math.max(widthOf(argument), random.chance(0.2) ? random.below(5) : 0);
  bytes[0] = (major << 5) | (width === 0 ? argument : 23 + width);
  if (width > 0) bytes.writeBigUInt64BE(BigInt(argument) << BigInt(64 - 8 * 2 ** (width - 1)), 1);
  return bytes.subarray(0, width === 0 ? 1 : 1 + 2 ** (width - 1));
}

function widthOf(argument: number): number {
  if (argument < 24) return 0;
  return [2 ** 8, 2 ** 16, 2 ** 32].filter((bound) => argument >= bound).length + 1;
}

function string(random: Random, major: number, content: Buffer): Buffer {
  if (!random.chance(0.2)) return Buffer.concat([head(random, major, content.length), content]);
  const at = random.below(content.length + 1);
  const pieces = [content.subarray(0, at), content.subarray(at)];
  const written = pieces.flatMap((piece) => [head(random, major, piece.length), piece]);
  return Buffer.concat([Buffer.of((major << 5) | 31), ...written, Buffer.of(0xff)]);
}

function items(random: Random, major: 4 | 5, depth: number, count: number): Buffer {
  const parts: Buffer[] = [];
  for (let nth = 0; nth < count; nth++) {
    if (major === 5) parts.push(key(random, depth));
    parts.push(randomCbor(random, depth + 1));
  }
  if (random.chance(0.2)) return Buffer.concat([Buffer.of((major << 5) | 31), ...parts, Buffer.of(0xff)]);
  return Buffer.concat([head(random, major, count), ...parts]);
}

function key(random: Random, depth: number): Buffer {
  if (random.chance(0.4)) return head(random, random.below(2), random.below(10));
  return random.chance(0.95) ? string(random, 3, Buffer.from(random.pick(words))) : randomCbor(random, depth + 1);
}

function simple(random: Random): Buffer {
  const form = random.below(5);
  if (form === 0) return Buffer.of(0xe0 | random.below(24));
  if (form === 1) return Buffer.of(0xf8, random.below(256));
  const width = [2, 4, 8][form - 2] as number;
  return Buffer.concat([Buffer.of(0xf9 + form - 2), random.bytes(width)]);
}

/** What looks like a measurement, or a record of SenML. */
function report(random: Random, depth: number): Buffer {
  const text = (word: string): Buffer => string(random, 3, Buffer.from(word));
  const values = items(random, 5, depth + 1, 1 + random.below(3));
  if (random.chance(0.5))
    return Buffer.concat([Buffer.of(0xa2), text('ts'), randomCbor(random, depth + 1), text('values'), values]);
  const name = text(random.pick(words));
  return Buffer.concat([
    Buffer.of(0xa3),
    Buffer.of(0),
    name,
    Buffer.of(2),
    simple(random),
    Buffer.of(6),
    simple(random),
  ]);
}
