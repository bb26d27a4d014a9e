import { exactRules } from './demo-rules.js';
import { flaps, type Incident, type IncidentKind, courseOf } from './incident.js';
import type { Pace } from './pace.js';

/** An alarm that has to follow from an incident. Times are true, milliseconds since the fleet's start. */
export interface ExpectedAlarm {
  readonly rule: string;
  /** By its number in the fleet. */
  readonly device: number;
  /** It begins between here and `settledMs`. */
  readonly fromMs: number;
  /** It is due to be raised by then; services may take {@link noticeWithinMs} more. */
  readonly dueMs: number;
  /** From then on nothing more follows from the incident, and the alarm is cleared. */
  readonly settledMs: number;
  /** How often it is raised and cleared. */
  readonly occurrences: number;
  /** Whether it is said at last that it flaps. */
  readonly flaps: boolean;
}

/** When a device measures what is not usual of its series. */
export interface AnomalousSpan {
  readonly device: number;
  readonly fromMs: number;
  readonly settledMs: number;
}

/** How long services may take to raise an alarm once it is due. */
export const noticeWithinMs = 10_000;
/** Live time goes on with ticks of a second, and deadlines are looked at each second. */
const tickingMs = 2_000;

const ruleOf: Partial<Record<IncidentKind, string>> = {
  'site-dark': exactRules.silent,
  silence: exactRules.silent,
  flapping: exactRules.flapping,
  'battery-low': exactRules.batteryLow,
  'counter-surge': exactRules.counter,
};

/** What must follow from incidents, and nothing else may: it is told by the plan alone, not by what services say. */
export function expectedAlarms(incidents: readonly Incident[], pace: Pace): ExpectedAlarm[] {
  return incidents.flatMap((incident) => {
    const { kind, fromMs, toMs, devices } = incident;
    const rule = ruleOf[kind];
    if (rule === undefined) return [];
    const dueMs =
      rule === exactRules.silent
        ? fromMs + pace.silenceMs + tickingMs
        : toMs + pace.latenessMs + pace.holdMs + 2 * pace.intervalMs;
    const settledMs = toMs + courseOf(kind, pace).afterMs;
    const occurrences = kind === 'flapping' ? flaps : 1;
    return devices.map((device) => ({
      ...{ rule, device, fromMs, dueMs, settledMs, occurrences },
      flaps: kind === 'flapping',
    }));
  });
}

export function anomalousSpans(incidents: readonly Incident[], pace: Pace): AnomalousSpan[] {
  return incidents.flatMap(({ kind, fromMs, toMs, devices }) => {
    if (kind !== 'spike' && kind !== 'drift') return [];
    return devices.map((device) => ({ device, fromMs, settledMs: toMs + courseOf(kind, pace).afterMs }));
  });
}
