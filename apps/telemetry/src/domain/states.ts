/** What a state can be: arrays and positions are none. */
export type StateValue = number | boolean | string;

export interface StateChange {
  readonly tsMs: number;
  readonly value: StateValue;
}

/** A time during which a metric had one value. */
export interface StateRun {
  readonly value: StateValue;
  /** Where the range begins, when the state is carried in. */
  readonly startMs: number;
  /** Exclusive. */
  readonly endMs: number;
  /** It held before the range (or page) began. */
  readonly carriedIn: boolean;
  /** Nothing in the range ended it: it ends with the range, or now if that is earlier. */
  readonly open: boolean;
}

/**
 * A state holds until another one is measured. `carried` is the state before the range, `changes` come in order of time;
 * one that repeats the state before it changes nothing.
 *
 * @param range `fromMs` inclusive, `toMs` exclusive
 */
export async function* stateRuns(
  carried: StateValue | undefined,
  changes: AsyncIterable<StateChange>,
  range: { readonly fromMs: number; readonly toMs: number },
  nowMs: number,
): AsyncGenerator<StateRun> {
  let current: { value: StateValue; startMs: number; carriedIn: boolean } | undefined;
  if (carried !== undefined) current = { value: carried, startMs: range.fromMs, carriedIn: true };
  for await (const { tsMs, value } of changes) {
    if (current?.value === value) continue;
    if (current !== undefined && tsMs > current.startMs) yield { ...current, endMs: tsMs, open: false };
    current = { value, startMs: tsMs, carriedIn: false };
  }
  if (current === undefined) return;
  yield { ...current, endMs: Math.max(current.startMs, Math.min(range.toMs, nowMs)), open: true };
}

export interface StateTotal {
  readonly value: StateValue;
  durationMs: number;
  /** How often it began within the range. */
  entered: number;
}

/** Totals per state, the longest first; undefined when there are more than `maxStates` of them. */
export async function stateTotals(
  runs: AsyncIterable<StateRun>,
  maxStates: number,
): Promise<{ readonly totals: readonly StateTotal[]; readonly firstMs: number | undefined } | undefined> {
  const totals = new Map<StateValue, StateTotal>();
  let firstMs: number | undefined;
  for await (const run of runs) {
    firstMs ??= run.startMs;
    let total = totals.get(run.value);
    if (total === undefined) totals.set(run.value, (total = { value: run.value, durationMs: 0, entered: 0 }));
    if (totals.size > maxStates) return undefined;
    total.durationMs += run.endMs - run.startMs;
    if (!run.carriedIn) total.entered += 1;
  }
  const sorted = [...totals.values()].sort((left, right) => right.durationMs - left.durationMs);
  return { totals: sorted, firstMs };
}
