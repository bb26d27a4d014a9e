import { setTimeout as delay } from 'node:timers/promises';
import { isRetryable } from '@myelin/kernel';
import type { TraceSource } from '../trace-source/trace-source.js';
import { type CheckedRow, type DrivenRequest, beginningOf, checkJourney } from './check-journey.js';
import type { Journey, JourneyName } from './journey.js';

export interface CheckedJourney {
  readonly journey: Journey;
  readonly traceId: string;
  readonly rows: readonly CheckedRow[];
}

export type DrivenRequests = Readonly<Record<JourneyName, DrivenRequest>>;

/** The journeys to check, those that were driven. */
export type DrivenJourneys = Readonly<Partial<DrivenRequests>>;

const lookEveryMs = 250;

/** Checks every journey, again and again until all hold or the time is over: spans come later than what they tell of. */
export async function checkAll(
  source: TraceSource,
  journeys: readonly Journey[],
  requests: DrivenJourneys,
  patienceMs: number,
): Promise<CheckedJourney[]> {
  const endMs = performance.now() + patienceMs;
  for (;;) {
    const isLast = performance.now() >= endMs;
    try {
      const checked = await checkOnce(source, journeys, requests);
      if (isLast || failuresOf(checked) === 0) return checked;
    } catch (error) {
      if (isLast || !isRetryable(error)) throw error;
    }
    await delay(lookEveryMs);
  }
}

async function checkOnce(
  source: TraceSource,
  journeys: readonly Journey[],
  requests: DrivenJourneys,
): Promise<CheckedJourney[]> {
  const checked: CheckedJourney[] = [];
  for (const journey of journeys) {
    const request = await requestOf(source, journey, requests);
    if (request === undefined) continue;
    checked.push({ journey, traceId: request.traceId, rows: await checkJourney(source, journey, request) });
  }
  return checked;
}

const notCome: DrivenRequest = { traceId: '0'.repeat(32), spanId: '0'.repeat(16) };

async function requestOf(
  source: TraceSource,
  { name, root }: Journey,
  requests: DrivenJourneys,
): Promise<DrivenRequest | undefined> {
  const driven = requests[name];
  if (root === undefined || driven === undefined) return driven;
  return (await beginningOf(source, root)) ?? notCome;
}

export function failuresOf(checked: readonly CheckedJourney[]): number {
  return checked.flatMap(({ rows }) => rows).filter(({ passed }) => !passed).length;
}

/** A line for each row, and the sum as the last one. */
export function linesOf(checked: readonly CheckedJourney[]): string[] {
  const lines = checked.flatMap(({ journey, traceId, rows }) => [
    `${journey.title} (trace ${traceId})`,
    ...rows.map(({ kind, what, passed }) => `  ${passed ? 'passed' : 'FAILED'}  ${kind.padEnd(6)}  ${what}`),
  ]);
  const all = checked.flatMap(({ rows }) => rows).length;
  const failed = failuresOf(checked);
  return [...lines, `${all - failed} passed, ${failed} failed`];
}
