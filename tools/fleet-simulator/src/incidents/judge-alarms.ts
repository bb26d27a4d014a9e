import { type AnomalousSpan, type ExpectedAlarm, noticeWithinMs } from './expected-alarms.js';

/** An alarm as the service shows it. Times are true, milliseconds since the fleet's start. */
export interface SeenAlarm {
  readonly rule: string;
  /** By its number in the fleet. */
  readonly device: number;
  readonly startedMs: number;
  /** When the service raised it. */
  readonly noticedMs: number;
  /** Because its condition was over. */
  readonly cleared: boolean;
  readonly flapping: boolean;
}

export type AlarmProblem = 'not-raised' | 'raised-late' | 'not-cleared' | 'not-flapping' | 'false';

export interface AlarmFinding {
  readonly problem: AlarmProblem;
  readonly rule: string;
  readonly device: number;
  /** When it should have begun, or has. */
  readonly atMs: number;
}

/** How the alarms of the rules of which it is certain what they have to raise compare with what was to be expected. */
export interface AlarmVerdict {
  readonly raised: number;
  readonly cleared: number;
  readonly expected: number;
  readonly missed: number;
  /** Raised without a reason. */
  readonly unfounded: number;
  /** At most 20. */
  readonly findings: readonly AlarmFinding[];
}

const mostFindings = 20;

/**
 * Holds alarms against what was expected until the fleet stopped. Each expected occurrence is raised once, in time, and cleared;
 * what lacks one of these is missed. An alarm that nobody expected is false. What incidents that the stop cut short
 * lead to says nothing, and neither do alarms from before the start or after the stop, when all devices are silent.
 */
export function judgeAlarms(
  expected: readonly ExpectedAlarm[],
  seen: readonly SeenAlarm[],
  stoppedMs: number,
): AlarmVerdict {
  const inTime = seen.filter(({ startedMs }) => startedMs >= 0 && startedMs < stoppedMs);
  const unexpected = new Set(inTime.toSorted((a, b) => a.startedMs - b.startedMs));
  const byRuleAndDevice = Map.groupBy(unexpected, placeOf);
  const counted: SeenAlarm[] = [];
  const findings: AlarmFinding[] = [];
  let [due, missed] = [0, 0];
  for (const one of expected) {
    const candidates = byRuleAndDevice.get(placeOf(one)) ?? [];
    const found = candidates.filter(({ startedMs }) => startedMs >= one.fromMs && startedMs <= one.settledMs);
    const isDecided = one.settledMs <= stoppedMs;
    for (const alarm of isDecided ? found.slice(0, one.occurrences) : found) unexpected.delete(alarm);
    if (!isDecided) continue;
    counted.push(...found.slice(0, one.occurrences));
    due += one.occurrences;
    const problems = problemsOf(one, found);
    missed += problems.length;
    findings.push(...problems.map((problem) => findingOf(problem, one, one.fromMs)));
  }
  findings.push(...[...unexpected].map((alarm) => findingOf('false', alarm, alarm.startedMs)));
  counted.push(...unexpected);
  return {
    ...{ raised: counted.length, cleared: counted.filter(({ cleared }) => cleared).length },
    ...{ expected: due, missed, unfounded: unexpected.size, findings: findings.slice(0, mostFindings) },
  };
}

/** One for each occurrence that is not as it should be. */
function problemsOf(expected: ExpectedAlarm, found: readonly SeenAlarm[]): AlarmProblem[] {
  const problems: AlarmProblem[] = Array.from(
    { length: expected.occurrences },
    (_, nth) => problemOf(expected, found[nth]) ?? [],
  ).flat();
  const lacksMark = expected.flaps && !found.some(({ flapping }) => flapping);
  return lacksMark && problems.length === 0 ? ['not-flapping'] : problems;
}

function problemOf({ dueMs }: ExpectedAlarm, found: SeenAlarm | undefined): AlarmProblem | undefined {
  if (found === undefined) return 'not-raised';
  if (found.noticedMs > dueMs + noticeWithinMs) return 'raised-late';
  return found.cleared ? undefined : 'not-cleared';
}

/** Shares in [0, 1]; null of nothing. */
export interface AnomalyVerdict {
  /** Of the alarms, those that began while a device measured what is not usual. */
  readonly precision: number | null;
  /** Of the spans in which one did, those with an alarm. */
  readonly recall: number | null;
}

/** The same for what models find, which is a matter of degree. */
export function judgeAnomalies(
  spans: readonly AnomalousSpan[],
  seen: readonly SeenAlarm[],
  stoppedMs: number,
): AnomalyVerdict {
  const isWithin = ({ device, startedMs }: SeenAlarm, span: AnomalousSpan): boolean =>
    device === span.device && startedMs >= span.fromMs && startedMs <= span.settledMs;
  const decided = spans.filter(({ settledMs }) => settledMs <= stoppedMs);
  const undecided = spans.filter(({ settledMs }) => settledMs > stoppedMs);
  const counted = seen.filter((alarm) => alarm.startedMs >= 0 && !undecided.some((span) => isWithin(alarm, span)));
  const hits = counted.filter((alarm) => decided.some((span) => isWithin(alarm, span)));
  const met = decided.filter((span) => counted.some((alarm) => isWithin(alarm, span)));
  return { precision: shareOf(hits.length, counted.length), recall: shareOf(met.length, decided.length) };
}

function shareOf(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 1_000) / 1_000;
}

function placeOf({ rule, device }: { readonly rule: string; readonly device: number }): string {
  return `${rule}\n${device}`;
}

function findingOf(
  problem: AlarmProblem,
  { rule, device }: { readonly rule: string; readonly device: number },
  atMs: number,
): AlarmFinding {
  return { problem, rule, device, atMs };
}
