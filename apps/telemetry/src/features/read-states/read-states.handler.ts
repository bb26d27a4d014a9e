import { Problem } from '@myelin/service-kit';
import { dayMs } from '../../domain/retention.js';
import {
  type StateChange,
  type StateRun,
  type StateTotal,
  type StateValue,
  stateRuns,
  stateTotals,
} from '../../domain/states.js';
import { withQueryProblems } from '../../http/query-problems.js';
import type { DeviceScope } from '../../persistence/device.repository.js';
import type { TimeRange } from '../../persistence/measurement.repository.js';
import type { StateRepository } from '../../persistence/state.repository.js';
import { lookBackDays } from './states.dto.js';

const changesPerStatement = 5_000;
const maxStates = 1_000;
const maxSummedRuns = 1_000_000;
/** The time that one statement looks at: it grows while statements are quick and shrinks when they are not. */
const slice = { firstMs: dayMs / 24, leastMs: dayMs / 144, mostMs: 64 * dayMs, quickMs: 250, slowMs: 1_000 };

export interface StatesRequest extends TimeRange {
  readonly scope: DeviceScope;
  readonly metric: string;
  readonly nowMs: number;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

export class ReadStatesHandler {
  constructor(private readonly states: StateRepository) {}

  /** In order of start, computed while they are taken. @throws Problem 422 resolution-unavailable */
  runs(request: StatesRequest): AsyncGenerator<StateRun> {
    return withQueryProblems(this.found(request));
  }

  private async *found(request: StatesRequest): AsyncGenerator<StateRun> {
    const { scope, metric, fromMs, toMs, nowMs } = request;
    if (fromMs >= toMs) return;
    await this.states.refuseGone(scope, metric, { fromMs, toMs });
    const carried = await this.carried(scope, metric, fromMs);
    yield* stateRuns(carried, this.changes(request), { fromMs, toMs }, nowMs);
  }

  /** The last state before an instant, looked for from there backwards; never past rows that are gone. */
  private async carried(scope: DeviceScope, metric: string, instantMs: number): Promise<StateValue | undefined> {
    const earliestMs = Math.max(0, instantMs - lookBackDays * dayMs);
    const rowsFromMs = await this.states.goneUntilMs(scope, metric, { fromMs: earliestMs, toMs: instantMs });
    let toMs = instantMs;
    for (const days of [1 / 24, 1, 7, lookBackDays]) {
      const fromMs = Math.max(rowsFromMs ?? 0, instantMs - days * dayMs);
      if (fromMs >= toMs) return undefined;
      const state = await this.states.last(scope, metric, { fromMs, toMs });
      if (state !== undefined) return state;
      toMs = fromMs;
    }
    return undefined;
  }

  /** @throws Problem 422 resolution-unavailable, and when the metric has more states or changes than a summary is made of */
  async totals(request: StatesRequest): Promise<{ totals: readonly StateTotal[]; unknownMs: number }> {
    const { fromMs, toMs, nowMs } = request;
    const result = await stateTotals(atMost(this.runs(request), maxSummedRuns), maxStates);
    if (result === undefined) {
      throw tooMany('too-many-states', `a summary has up to ${maxStates} states`);
    }
    const { totals, firstMs } = result;
    return { totals, unknownMs: (firstMs ?? Math.max(fromMs, Math.min(toMs, nowMs))) - fromMs };
  }

  private async *changes({ scope, metric, signal, ...range }: StatesRequest): AsyncGenerator<StateChange> {
    let { fromMs } = range;
    let spanMs = slice.firstMs;
    while (fromMs < range.toMs && !signal.aborted) {
      const toMs = Math.min(fromMs + spanMs, range.toMs);
      const startedMs = performance.now();
      const changes = await this.states.changes(scope, metric, { fromMs, toMs }, changesPerStatement);
      const tookMs = performance.now() - startedMs;
      yield* changes;
      const last = changes.at(-1);
      fromMs = last !== undefined && changes.length === changesPerStatement ? last.tsMs + 1 : toMs;
      if (tookMs < slice.quickMs) spanMs = Math.min(spanMs * 2, slice.mostMs);
      else if (tookMs > slice.slowMs) spanMs = Math.max(spanMs / 2, slice.leastMs);
    }
  }
}

async function* atMost(runs: AsyncIterable<StateRun>, most: number): AsyncGenerator<StateRun> {
  let count = 0;
  for await (const run of runs) {
    if (++count > most) throw tooMany('too-many-changes', `a summary goes over up to ${most} runs`);
    yield run;
  }
}

function tooMany(type: string, detail: string): Problem {
  return new Problem({
    status: 422,
    type,
    title: 'The metric changes too much for a summary',
    detail: `${detail}; ask for a shorter range`,
  });
}
