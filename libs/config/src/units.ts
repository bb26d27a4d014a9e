import type { Parsed } from './variable.js';

const msPerUnit: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const bytesPerUnit: Readonly<Record<string, number>> = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 };

export const durationExpected = 'a duration such as 5ms, 2s, 1m, 3h or 7d';
export const bytesExpected = 'a size such as 512KiB, 64MiB, 1GiB or 100B';

/** `1.5h` -> 5400000. Milliseconds, a whole number; a bare number has no unit and is refused, `0` excepted. */
export function parseDuration(text: string): Parsed<number> {
  return parseQuantity(text, msPerUnit, 'milliseconds');
}

/** `512KiB` -> 524288. Bytes, a whole number; a bare number has no unit and is refused, `0` excepted. */
export function parseBytes(text: string): Parsed<number> {
  return parseQuantity(text, bytesPerUnit, 'bytes');
}

function parseQuantity(text: string, units: Readonly<Record<string, number>>, whole: string): Parsed<number> {
  if (text === '0') return { value: 0 };
  const match = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(text);
  const factor = match?.[2] === undefined || !Object.hasOwn(units, match[2]) ? undefined : units[match[2]];
  if (match === null) return { problem: 'is not a number with a unit' };
  if (match[2] === '') return { problem: 'has no unit' };
  if (factor === undefined) return { problem: 'has an unknown unit' };
  const value = Number(match[1]) * factor;
  if (!Number.isSafeInteger(value)) return { problem: `is not a whole number of ${whole}` };
  return { value };
}
