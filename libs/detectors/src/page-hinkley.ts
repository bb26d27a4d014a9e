import { learn, momentParameters, momentSlots, varianceFloor, zScore } from './ew-moments.js';
import { at, clamped } from './model.js';
import { modelKind } from './model-kind.js';
import { number, type ValuesOf } from './parameters.js';
import { commonParameters, ownSlots, StreamModel } from './stream-model.js';
import { addToSums, twoSidedSumSlots } from './two-sided-sum.js';

const parameters = {
  slack: number(
    { unit: 'standard deviations', from: 0, to: 100, default: 0.1 },
    'δ: drift per reading that is not worth a word',
  ),
  threshold: number({ unit: 'standard deviations', from: 1, to: 1e5, default: 50 }, 'λ: a sum beyond it is an anomaly'),
  warmUp: number({ unit: 'readings', from: 10, to: 1e6, whole: true, default: 50 }, 'learnt before any is scored'),
  ...momentParameters,
  ...commonParameters,
};
type Values = ValuesOf<typeof parameters>;

const learnt = ownSlots;
const moments = ownSlots + 1;
const sums = moments + momentSlots;

/**
 * Slow drift (Page 1954, Hinkley 1971): how far the sum of what readings are above the mean of all before them, less δ, has
 * come up from its minimum, and the same downwards. Deviation: the greater of both, in standard deviations.
 */
export const pageHinkley = modelKind({
  type: 'page-hinkley',
  parameters,
  build: (values) => new PageHinkley(values),
});

class PageHinkley extends StreamModel {
  readonly slots = sums + twoSidedSumSlots;
  private readonly floor: number;

  constructor(private readonly values: Values) {
    super(values);
    this.floor = varianceFloor(values.resolution);
  }

  protected judge(state: Float64Array, value: number): number {
    const { warmUp, slack } = this.values;
    const { floor } = this;
    const count = at(state, learnt);
    const isWarm = count >= warmUp;
    const clip = isWarm ? this.values.clip : Number.MAX_VALUE;
    const z = isWarm ? clamped(zScore(state, moments, value, floor), clip) : 0;
    learn(state, moments, value, { alpha: 1 / (count + 1), clip, floor });
    state[learnt] = count + 1;
    if (!isWarm) return Number.NaN;
    const deviation = addToSums(state, sums, z, slack);
    if (this.isAnomalous(deviation)) state.fill(0, ownSlots);
    return deviation;
  }
}
