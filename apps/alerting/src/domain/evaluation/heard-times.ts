import { liveUnitMs } from '../heartbeats/heartbeats.js';

/** When devices were heard last, by their numbers, in live time: 4 bytes each, as a text that JSON can carry. */
export function encodeHeardTimes(timesMs: readonly number[]): string {
  const bytes = Buffer.alloc(timesMs.length * 4);
  timesMs.forEach((ms, device) => bytes.writeUInt32LE(Math.floor(ms / liveUnitMs), device * 4));
  return bytes.toString('base64');
}

export function decodeHeardTimes(text: string): number[] {
  const bytes = Buffer.from(text, 'base64');
  return Array.from({ length: bytes.length / 4 }, (_, device) => bytes.readUInt32LE(device * 4) * liveUnitMs);
}
