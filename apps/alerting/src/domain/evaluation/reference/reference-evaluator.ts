import { Problems } from '../../definitions/problems.js';
import { JsonReader } from '../../definitions/read-json.js';
import { isWithin, readTimeIntervals } from '../../definitions/time-intervals.js';
import type { Comparison, Condition, Operator, Rule } from '../../rules/rule.js';
import { compareReadings, isSameReading, type Reading, type Scalar } from '../reading.js';
import type { Transition } from '../transition.js';
import { panesOf } from '../window-comparison.js';

type Truth = boolean | undefined;

/**
 * Rules as they are meant, for tests: takes the whole history of a device, puts it in order, and looks at all of it again at
 * every reading. It shares nothing with the evaluator but the order of readings, the width of panes and what time intervals mean.
 */
export function referenceTransitions(rule: Rule, arrived: readonly Reading[], timeZone = 'UTC'): Transition[] {
  const transitions: Transition[] = [];
  const lately: boolean[] = [];
  let lastStartMs = Number.NEGATIVE_INFINITY;
  let active = false;
  let sinceMs: number | undefined;
  for (const past of pastsOf(rule, arrived)) {
    const atMs = (past.at(-1) as Reading).ts;
    const counts = isOn(rule, atMs, timeZone);
    lately.push(counts && truthOf(rule.when, past, easeOf(rule, active)) === true);
    if (!(active ? !counts || clears(rule, past, lately) : counts && holds(rule, lately))) {
      sinceMs = undefined;
      continue;
    }
    sinceMs ??= atMs;
    if (counts && atMs - sinceMs < forMsOf(rule, active)) continue;
    if (!active && sinceMs <= lastStartMs) continue;
    if (!active) lastStartMs = sinceMs;
    active = !active;
    sinceMs = undefined;
    const { id, version } = rule;
    const kind = active ? 'raised' : 'cleared';
    transitions.push({ kind, rule: id, version, startMs: lastStartMs, atMs, ...reasonOf(counts) });
  }
  return transitions;
}

function isOn({ schedule }: Rule, atMs: number, timeZone: string): boolean {
  if (schedule === undefined) return true;
  const reader = JsonReader.of(schedule, '', new Problems(), ['timeZone', 'intervals']);
  return isWithin(readTimeIntervals(reader, 'intervals', schedule.timeZone ?? timeZone), atMs);
}

/** For each reading that concerns the rule, all up to it. */
function pastsOf(rule: Rule, arrived: readonly Reading[]): Reading[][] {
  const readings = inOrder(rule, arrived);
  const used = metricsOf([rule.when, ...(rule.clear?.when === undefined ? [] : [rule.clear.when])]);
  return readings.flatMap((reading, i) =>
    used.some((metric) => metric in reading.values) ? [readings.slice(0, i + 1)] : [],
  );
}

function holds({ kOfN: { k, n } = { k: 1, n: 1 } }: Rule, lately: readonly boolean[]): boolean {
  return lately.slice(-n).filter(Boolean).length >= k;
}

function clears(rule: Rule, past: readonly Reading[], lately: readonly boolean[]): boolean {
  return rule.clear?.when === undefined ? !holds(rule, lately) : truthOf(rule.clear.when, past, 0) === true;
}

function reasonOf(counts: boolean): Pick<Transition, 'reason'> {
  return counts ? {} : { reason: 'schedule-ended' };
}

function easeOf({ clear }: Rule, active: boolean): number {
  return active ? (clear?.hysteresis ?? 0) : 0;
}

function forMsOf({ forMs = 0, clear }: Rule, active: boolean): number {
  return active ? (clear?.forMs ?? 0) : forMs;
}

/** What has been passed by the device's watermark, each once. */
function inOrder({ latenessMs = 0 }: Rule, arrived: readonly Reading[]): Reading[] {
  const sorted = [...arrived].sort(compareReadings);
  const distinct = sorted.filter((reading, i) => i === 0 || !isSameReading(sorted[i - 1] as Reading, reading));
  const greatestMs = Math.max(...arrived.map(({ ts }) => ts));
  return latenessMs === 0 ? distinct : distinct.filter(({ ts }) => ts < greatestMs - latenessMs);
}

function metricsOf(conditions: readonly Condition[]): string[] {
  return conditions.flatMap((condition) => {
    if ('all' in condition) return metricsOf(condition.all);
    if ('any' in condition) return metricsOf(condition.any);
    if ('not' in condition) return metricsOf([condition.not]);
    return condition.op === 'absent' ? [] : [condition.metric];
  });
}

function truthOf(condition: Condition, past: readonly Reading[], ease: number): Truth {
  if ('all' in condition) return every(condition.all.map((part) => truthOf(part, past, ease)));
  if ('any' in condition) return not(every(condition.any.map((part) => not(truthOf(part, past, ease)))));
  if ('not' in condition) return not(truthOf(condition.not, past, -ease));
  // Silence is not told by readings.
  if (condition.op === 'absent') return undefined;
  const values = past.flatMap(({ ts, values: all }) =>
    condition.metric in all ? [{ ts, value: all[condition.metric] as Scalar }] : [],
  );
  const last = values.at(-1);
  const nowMs = (past.at(-1) as Reading).ts;
  if (last === undefined) return undefined;
  if (condition.op === 'changed') {
    const before = values.at(-2);
    return before !== undefined && before.value !== last.value && last.ts === nowMs;
  }
  if (condition.op === 'stuck') {
    const run = values.slice(values.findLastIndex(({ value }) => value !== last.value) + 1);
    return nowMs - (run[0] as { ts: number }).ts >= condition.windowMs;
  }
  // Models and forecasts have vectors and properties of their own.
  return condition.op === 'anomaly' || condition.op === 'reaches' ? undefined : compare(condition, values, nowMs, ease);
}

function compare(
  { op, value, aggregate = 'last', windowMs = 0 }: Comparison,
  values: readonly { ts: number; value: Scalar }[],
  nowMs: number,
  ease: number,
): Truth {
  const last = values.at(-1)?.value;
  if (typeof value === 'string' || typeof value === 'boolean')
    return typeof last === typeof value ? (last === value) === (op === '==') : undefined;
  const limit = typeof value === 'number' ? value : (value.default ?? Number.NaN);
  const numbers = values.filter((one): one is { ts: number; value: number } => typeof one.value === 'number');
  const found = aggregate === 'last' ? last : aggregateOf(aggregate, numbers, nowMs, windowMs);
  return typeof found === 'number' && Number.isFinite(found) ? comparisons[op](found, limit, ease) : undefined;
}

const comparisons: Record<Operator, (found: number, limit: number, ease: number) => boolean> = {
  '>': (found, limit, ease) => found > limit - ease,
  '>=': (found, limit, ease) => found >= limit - ease,
  '<': (found, limit, ease) => found < limit + ease,
  '<=': (found, limit, ease) => found <= limit + ease,
  '==': (found, limit) => found === limit,
  '!=': (found, limit) => found !== limit,
};

function aggregateOf(
  aggregate: 'avg' | 'min' | 'max' | 'count' | 'rate',
  values: readonly { ts: number; value: number }[],
  nowMs: number,
  windowMs: number,
): number | undefined {
  const { paneMs, count } = panesOf(windowMs);
  const paneOf = (ts: number): number => Math.floor(ts / paneMs);
  const isInside = ({ ts }: { ts: number }): boolean => paneOf(ts) > paneOf(nowMs) - count;
  if (values.length === 0) return undefined;
  const inside = values.filter(isInside).map(({ value }) => value);
  if (aggregate === 'count') return inside.length;
  if (aggregate === 'min') return Math.min(...inside);
  if (aggregate === 'max') return Math.max(...inside);
  if (aggregate === 'avg') return inside.reduce((total, value) => total + value, 0) / inside.length;
  let [increase, tookMs] = [0, 0];
  values.forEach((one, i) => {
    const before = values[i - 1];
    if (before === undefined || !isInside(one)) return;
    increase += one.value >= before.value ? one.value - before.value : one.value;
    tookMs += one.ts - before.ts;
  });
  return tookMs > 0 ? (increase * 1_000) / tookMs : undefined;
}

function every(truths: readonly Truth[]): Truth {
  if (truths.includes(false)) return false;
  return truths.includes(undefined) ? undefined : true;
}

function not(truth: Truth): Truth {
  return truth === undefined ? undefined : !truth;
}
