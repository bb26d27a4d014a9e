/** Of a process. An outage fails every request: a few of them tell all that there is to tell. */
const perSecond = 10;

const counts = { written: 0, dropped: 0 };
let second = -1;
let taken = 0;

/** Whether a span may still be written for what failed outside of the sample: ten a second, the rest is counted. */
export function takeLateSpan(nowMs: number = performance.now()): boolean {
  const now = Math.floor(nowMs / 1_000);
  if (now !== second) {
    second = now;
    taken = 0;
  }
  if (taken >= perSecond) {
    counts.dropped += 1;
    return false;
  }
  taken += 1;
  counts.written += 1;
  return true;
}

/** Since the start of the process: spans of failures outside of the sample, and failures that got none. */
export function lateSpanCounts(): { readonly written: number; readonly dropped: number } {
  return { ...counts };
}
