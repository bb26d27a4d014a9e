import { type FaultShares, longestHoldMs } from '../fault-plan.js';

/** How soon a device that is well is heard again and how far its readings may be out of order, and what rules make of that. */
export interface Pace {
  /** Between two reports. */
  readonly intervalMs: number;
  /** What timers of a busy machine may be late by. */
  readonly stallMs: number;
  /** The longest that a report is held back. */
  readonly holdMs: number;
  /** Of the rules about readings: no reading comes later than that behind others, so the alarms are those of the right order. */
  readonly latenessMs: number;
  /** Whether the rules' buffers hold what comes meanwhile. */
  readonly keepsOrder: boolean;
  /** A device that is well is not silent for so long. */
  readonly silenceMs: number;
  /** Over which the rate of a counter is taken. */
  readonly rateWindowMs: number;
}

const stallMs = 2_000;
/** Nor are devices called silent on a machine that is busier than that. */
const silenceStallMs = 5_000;
/** Of a rule and device. */
const bufferedReadings = 256;
const hourMs = 3_600_000;
const weekMs = 604_800_000;

export interface ReportSettings {
  readonly intervalMs: number;
  readonly reportSize: number;
  readonly faults: FaultShares;
}

export function paceOf({ intervalMs, reportSize, faults }: ReportSettings): Pace {
  const holdMs = longestHoldMs(faults, intervalMs);
  // What a report holds was measured over the interval before it.
  const reportSpanMs = reportSize > 1 ? intervalMs : 0;
  const disorderMs = Math.ceil(holdMs + reportSpanMs + stallMs);
  const waiting = (disorderMs / intervalMs + 2) * reportSize;
  return {
    intervalMs,
    stallMs,
    holdMs,
    latenessMs: Math.min(disorderMs, hourMs),
    keepsOrder: disorderMs <= hourMs && waiting <= bufferedReadings,
    silenceMs: Math.min(Math.ceil(intervalMs + holdMs + silenceStallMs), weekMs),
    rateWindowMs: Math.min(Math.ceil(Math.max(2_000, 5 * intervalMs)), weekMs),
  };
}
