import { createModel, type Model } from '@myelin/detectors';
import { BenchmarksError } from '../harness/benchmarks.errors.js';
import type { LabelledSeries } from './corpus.js';

/** A detector with the one configuration that it has for every series. */
export interface NabContestant {
  readonly name: string;
  readonly params?: object;
}

/** The corpus has no peers, and its intervals differ from series to series, so two models have no place here. */
export const nabContestants: readonly NabContestant[] = [
  { name: 'combined' },
  { name: 'ewma-z', params: { span: 1000 } },
  { name: 'robust-z', params: { window: 1000 } },
  { name: 'cusum' },
  { name: 'page-hinkley' },
  { name: 'seasonal', params: { warmUpWeeks: 1 } },
];

/** What the model says of each row, one after another. The corpus does not say where it was recorded: local time is UTC. */
export function scoresOf({ name, params = {} }: NabContestant, series: LabelledSeries): Float64Array {
  const creation = createModel({ type: name, params }, { offsetMsAt: () => 0 });
  if ('faults' in creation) {
    throw BenchmarksError.permanent('benchmarks.run-failed', JSON.stringify(creation.faults));
  }
  return run(creation.model, series);
}

function run(model: Model, { atMs, values }: LabelledSeries): Float64Array {
  const state = new Float64Array(model.slots);
  model.start(state);
  let latestMs = Number.NEGATIVE_INFINITY;
  return values.map((value, row) => {
    // A clock that was set back while recording stands still.
    latestMs = Math.max(latestMs, atMs[row] ?? latestMs);
    return model.score(model.step(state, latestMs, value));
  });
}
