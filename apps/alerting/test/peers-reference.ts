import { peerRound } from '@myelin/detectors';
import { referenceTransitions } from '../src/domain/evaluation/reference/reference-evaluator.js';
import type { Reading } from '../src/domain/evaluation/reading.js';
import type { Rule } from '../src/domain/rules/rule.js';
import { type ShownAlarm, everyMs } from './peers-fixture.js';

export interface SaidReading {
  readonly device: number;
  readonly ts: number;
  readonly seq: number;
  readonly value: number;
}

const threshold = peerRound.parameters.threshold.default as number;
const minPeers = 3;

/**
 * Alarms of a rule that compares devices, as it is meant: looks at everything that was ever said, round by round.
 * @param judgedUntilMs the end of the last round that is over everywhere
 */
export function referenceAlarms(
  rule: Rule,
  said: readonly SaidReading[],
  profileOf: (device: number) => string,
  judgedUntilMs: number,
): ShownAlarm[] {
  const outcomes = new Map<number, Reading[]>();
  const firstMs = Math.min(...said.map(({ ts }) => endOf(ts)));
  for (let endMs = firstMs; endMs <= judgedUntilMs; endMs += everyMs) {
    const lasts = lastOf(said.filter(({ ts }) => endOf(ts) === endMs));
    for (const one of lasts) {
      const others = lasts.filter((other) => other !== one && profileOf(other.device) === profileOf(one.device));
      const unlike = isUnlike(
        one.value,
        others.map(({ value }) => value),
      );
      outcomes.set(one.device, [...(outcomes.get(one.device) ?? []), { ts: endMs, values: { unlike } }]);
    }
  }
  const alarms = [...outcomes].flatMap(([device, rounds]) =>
    segmentsOf(rounds).flatMap((segment) => alarmsOf(rule, `d${device}`, segment, judgedUntilMs)),
  );
  return alarms.sort((a, b) => (a.device === b.device ? a.startedMs - b.startedMs : a.device < b.device ? -1 : 1));
}

function endOf(ts: number): number {
  return (Math.floor(ts / everyMs) + 1) * everyMs;
}

/** The last of each device: of one instant that of the higher seq, then the greater value. */
function lastOf(said: readonly SaidReading[]): SaidReading[] {
  const inOrder = [...said].sort((a, b) => a.ts - b.ts || a.seq - b.seq || a.value - b.value);
  return [...new Map(inOrder.map((one) => [one.device, one])).values()];
}

function isUnlike(value: number, others: readonly number[]): boolean {
  if (others.length < minPeers) return false;
  const median = medianOf(others);
  const distances = others.map((other) => Math.abs(other - median));
  const mad = medianOf(distances);
  const mean = distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
  const scale = mad > 0 ? mad / 0.6745 : 1.253314 * mean;
  return value !== median && Math.abs(value - median) / scale > threshold;
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

/** Three missed rounds in a row make an end. */
function segmentsOf(rounds: readonly Reading[]): Reading[][] {
  const segments: Reading[][] = [];
  for (const round of rounds) {
    const last = segments.at(-1);
    if (last === undefined || round.ts - (last.at(-1) as Reading).ts > 3 * everyMs) segments.push([round]);
    else last.push(round);
  }
  return segments;
}

function alarmsOf(rule: Rule, device: string, segment: readonly Reading[], judgedUntilMs: number): ShownAlarm[] {
  const asked: Rule = { ...rule, when: { metric: 'unlike', op: '==', value: true }, latenessMs: 0 };
  const alarms: ShownAlarm[] = [];
  for (const { kind, startMs, atMs } of referenceTransitions(asked, segment)) {
    if (kind === 'raised') alarms.push({ device, startedMs: startMs, raisedMs: atMs, clearedMs: null });
    else alarms.push({ ...(alarms.pop() as ShownAlarm), clearedMs: atMs });
  }
  const last = alarms.at(-1);
  const endMs = (segment.at(-1) as Reading).ts + 3 * everyMs;
  if (last?.clearedMs === null && endMs <= judgedUntilMs) alarms[alarms.length - 1] = { ...last, clearedMs: endMs };
  return alarms;
}
