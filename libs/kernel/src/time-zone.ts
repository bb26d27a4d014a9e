/** What clocks and calendars of a zone show. */
export interface WallTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();
/** A format takes some 36 kB, and a zone has as many spellings as its letters have cases. */
const maxFormats = 200;

/** True for what the runtime's IANA data knows, or a fixed offset such as `+02:00`. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** True for names of the IANA database (`Europe/Berlin`, `UTC`); offsets such as `+01:00` are not names. */
export function isTimeZoneName(name: string): boolean {
  return name.length <= 64 && /^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name) && isTimeZone(name);
}

/** @param instantMs since the epoch; fractions of a second are left out @throws RangeError for what is no time zone */
export function wallTimeAt(timeZone: string, instantMs: number): WallTime {
  const field: Record<string, number> = {};
  for (const { type, value } of formatOf(timeZone).formatToParts(instantMs)) field[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = field;
  return { year, month, day, hour, minute, second };
}

/** Local wall time minus UTC at an instant, in milliseconds; east is positive. @throws RangeError for what is no time zone */
export function utcOffsetMsAt(timeZone: string, instantMs: number): number {
  const wholeSecondMs = Math.floor(instantMs / 1_000) * 1_000;
  const { year, month, day, hour, minute, second } = wallTimeAt(timeZone, wholeSecondMs);
  return Date.UTC(year, month - 1, day, hour, minute, second) - wholeSecondMs;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const cached = formats.get(timeZone);
  if (cached !== undefined) return cached;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  if (formats.size >= maxFormats) formats.clear();
  formats.set(timeZone, format);
  return format;
}
