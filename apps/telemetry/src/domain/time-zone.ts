import { utcOffsetMsAt } from '@myelin/kernel';

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
  let offsetMs = utcOffsetMsAt(timeZone, fromMs);
  for (let probe = fromMs; probe < toMs;) {
    const next = Math.min(probe + probeMs, toMs);
    const nextOffsetMs = utcOffsetMsAt(timeZone, next);
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
    if (utcOffsetMsAt(timeZone, middle) === offsetMs) high = middle;
    else low = middle;
  }
  return high;
}
