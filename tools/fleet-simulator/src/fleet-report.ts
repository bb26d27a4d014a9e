import type { AlarmFigures } from './incidents/alarm-watch.js';
import type { ProofResult } from './proof.js';
import type { RolloutFigures } from './rollout/demo-rollout.js';

/** The main job's outcome, one JSON object. Figures of alarms are there where alarms were watched, those of a rollout where there was one. */
export interface FleetReport extends Partial<AlarmFigures>, Partial<RolloutFigures> {
  readonly accepted: number;
  readonly stored: number;
  readonly duplicatesSent: number;
  readonly duplicatesCounted: number;
  /** Arrivals of measurements that are never stored. Copies cannot be known there: they are among them. */
  readonly evaluateOnly: number;
  /** Distinct measurements accepted from devices of which nothing is stored; the rest of `accepted` is stored. */
  readonly acceptedUnstored: number;
  /** Measurements that the filters of a profile discarded after they were stored. */
  readonly filtered: number;
  readonly conflicts: number;
  readonly refused: number;
  readonly unanswered: number;
  /** Requests by what became of them. */
  readonly answers: Readonly<Record<string, number>>;
  readonly lost: number;
  readonly doubled: number;
  readonly altered: number;
  readonly invented: number;
  readonly miscounted: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly latencySamples: number;
  readonly findings: ProofResult['findings'];
}

/** True when the run kept every promise. */
export function isProven(report: FleetReport): boolean {
  const { lost, doubled, altered, invented, miscounted, alarmsMissed = 0, alarmsFalse = 0 } = report;
  const { devicesDisagreeing = 0 } = report;
  const faults = lost + doubled + altered + invented + miscounted + alarmsMissed + alarmsFalse + devicesDisagreeing;
  return faults === 0 && isHeldBack(report);
}

/** A firmware that fails has to pause its rollout before anybody but the canary sees it. */
function isHeldBack({ devicesOutsideCanaryTouched, rolloutState }: FleetReport): boolean {
  return devicesOutsideCanaryTouched === undefined || (devicesOutsideCanaryTouched === 0 && rolloutState === 'paused');
}
