import { createHash, randomFillSync } from 'node:crypto';

const poolBytes = 16 * 256;
const pool = Buffer.allocUnsafe(poolBytes);
let used = poolBytes;
let lastMs = 0;
let sequence = 0;

/**
 * A UUID version 7 (RFC 9562, 5.7) whose `rand_a` is a counter seeded per millisecond (6.2, method 1),
 * so ids of one process sort in the order in which they were made, also within a millisecond and when
 * the wall clock steps back.
 */
export function uuidv7(nowMs: number = Date.now()): string {
  if (used === poolBytes) {
    randomFillSync(pool);
    used = 0;
  }
  const bytes = pool.subarray(used, used + 16);
  used += 16;
  if (nowMs > lastMs) {
    lastMs = nowMs;
    sequence = bytes.readUInt16BE(6) & 0x7ff; // half the range stays free for this millisecond's increments
  } else if (++sequence > 0xfff) {
    lastMs += 1;
    sequence = 0;
  }
  bytes.writeUIntBE(lastMs, 0, 6);
  bytes.writeUInt16BE(0x7000 | sequence, 6);
  return formatted(bytes, 0x7);
}

/**
 * A UUID version 8 (RFC 9562, 5.8) of a name: 122 bits of its SHA-256. The same name has the same id, whoever asks.
 */
export function uuidOfName(name: string): string {
  return formatted(createHash('sha256').update(name).digest(), 0x8);
}

/** Sets version and variant in the first 16 bytes. */
function formatted(bytes: Buffer, version: number): string {
  bytes[6] = (version << 4) | ((bytes[6] as number) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] as number) & 0x3f);
  const hex = bytes.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
