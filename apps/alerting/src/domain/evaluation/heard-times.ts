import { liveGrainMs } from '../heartbeats/heartbeats.js';

const bytesEach = 5;
const formerBytesEach = 4;
const formerUnitMs = 125;

/** When devices were heard last, by their numbers, in live time: 5 bytes each, as a text that JSON can carry. */
export function encodeHeardTimes(timesMs: readonly number[]): string {
  const bytes = Buffer.alloc(timesMs.length * bytesEach);
  timesMs.forEach((ms, device) => bytes.writeUIntLE(Math.round(ms / liveGrainMs), device * bytesEach, bytesEach));
  return bytes.toString('base64');
}

export function decodeHeardTimes(text: string): number[] {
  const bytes = Buffer.from(text, 'base64');
  const count = bytes.length / bytesEach;
  return Array.from({ length: count }, (_, device) => bytes.readUIntLE(device * bytesEach, bytesEach) * liveGrainMs);
}

/** What was saved in eighths of a second, before times were kept more finely. */
export function decodeFormerHeardTimes(text: string): number[] {
  const bytes = Buffer.from(text, 'base64');
  const count = bytes.length / formerBytesEach;
  return Array.from({ length: count }, (_, device) => bytes.readUInt32LE(device * formerBytesEach) * formerUnitMs);
}
