/** Zephyr and older clients write some numbers as strings. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : undefined;
}

/** An int32; undefined when it is anything else. */
export function integerOf(value: unknown): number | undefined {
  const number = numberOf(value);
  return number !== undefined && (number | 0) === number ? number : undefined;
}

const year10000Ms = 253_402_300_800_000;

/** Whole milliseconds since the epoch, before the year 10000; undefined when it is anything else. */
export function timeMsOf(value: unknown): number | undefined {
  const ms = numberOf(value);
  return ms !== undefined && Number.isInteger(ms) && ms >= 0 && ms < year10000Ms ? ms : undefined;
}
