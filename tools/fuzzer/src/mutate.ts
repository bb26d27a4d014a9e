import type { Random } from './random.js';

/** Bytes that begin or end something in JSON or in CBOR. */
const telling = Buffer.from(
  '{}[],:"\\-0e9.tfn \u0000\u00ff\u009f\u00bf\u005f\u007f\u00f9\u00fa\u00fb\u00d8\u00c1\u001b\u009b',
  'latin1',
);

/** Some bytes changed, left out, doubled, put in, or cut off. */
export function mutated(random: Random, input: Buffer, other: Buffer): Buffer {
  let bytes = input;
  for (let times = 1 + random.below(4); times > 0; times--) bytes = changed(random, bytes, other);
  return bytes;
}

function changed(random: Random, bytes: Buffer, other: Buffer): Buffer {
  const at = random.below(bytes.length + 1);
  const until = Math.min(bytes.length, at + random.below(8));
  switch (random.below(7)) {
    case 0:
      return replaced(bytes, at, at + 1, Buffer.of(random.pick([...telling])));
    case 1:
      return replaced(bytes, at, at + 1, Buffer.of((bytes[at] ?? 0) ^ (1 << random.below(8))));
    case 2:
      return replaced(bytes, at, until, Buffer.alloc(0));
    case 3:
      return replaced(bytes, at, at, bytes.subarray(at, until));
    case 4:
      return replaced(bytes, at, at, random.bytes(random.below(5)));
    case 5:
      return replaced(bytes, at, until, other.subarray(random.below(other.length + 1)));
    default:
      return bytes.subarray(0, at);
  }
}

function replaced(bytes: Buffer, from: number, to: number, by: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, from), by, bytes.subarray(to)]);
}
