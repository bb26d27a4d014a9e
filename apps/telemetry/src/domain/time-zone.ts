const formats = new Map<string, Intl.DateTimeFormat>();
/** A format takes some 36 kB, and a zone has as many spellings as its letters have cases. */
const maxFormats = 200;

/** True for what the runtime's IANA data knows (or a fixed offset such as `+02:00`). */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** Local wall time minus UTC at an instant, in milliseconds; east is positive. */
export function offsetMsAt(timeZone: string, instantMs: number): number {
  const wholeSecondMs = Math.floor(instantMs / 1000) * 1000;
  const field: Record<string, number> = {};
  for (const { type, value } of formatOf(timeZone).formatToParts(wholeSecondMs)) field[type] = Number(value);
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = field;
  return Date.UTC(year, month - 1, day, hour, minute, second) - wholeSecondMs;
}

/** The first instant at which the zone's clocks show a wall time (in milliseconds as if UTC), or are past it. */
export function instantAt(timeZone: string, localMs: number): number {
  const dayMs = 86_400_000;
  for (const { startMs, endMs, offsetMs } of offsetSpans(timeZone, localMs - 2 * dayMs, localMs + 2 * dayMs)) {
    if (localMs - offsetMs < endMs) return Math.max(startMs, localMs - offsetMs);
  }
  return localMs;
}

export interface OffsetSpan {
  readonly startMs: number;
  /** Exclusive. */
  readonly endMs: number;
  readonly offsetMs: number;
}

/** No zone changes its offset twice within this time. */
const probeMs = 6 * 3_600_000;

/** The time from `fromMs` to `toMs` cut at every change of the zone's offset. */
export function offsetSpans(timeZone: string, fromMs: number, toMs: number): OffsetSpan[] {
  const spans: OffsetSpan[] = [];
  let startMs = fromMs;
  let offsetMs = offsetMsAt(timeZone, fromMs);
  for (let probe = fromMs; probe < toMs;) {
    const next = Math.min(probe + probeMs, toMs);
    const nextOffsetMs = offsetMsAt(timeZone, next);
    if (nextOffsetMs !== offsetMs) {
      const changeMs = firstInstantWith(timeZone, nextOffsetMs, probe, next);
      if (changeMs >= toMs) break;
      spans.push({ startMs, endMs: changeMs, offsetMs });
      startMs = changeMs;
      offsetMs = nextOffsetMs;
    }
    probe = next;
  }
  spans.push({ startMs, endMs: toMs, offsetMs });
  return spans;
}

function firstInstantWith(timeZone: string, offsetMs: number, beforeMs: number, afterMs: number): number {
  let low = beforeMs;
  let high = afterMs;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetMsAt(timeZone, middle) === offsetMs) high = middle;
    else low = middle;
  }
  return high;
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
