import {
  givenTogether,
  knownMomentParameters,
  learn,
  momentParameters,
  momentSlots,
  startMoments,
  varianceFloor,
  zScore,
} from './ew-moments.js';
import { at, clamped } from './model.js';
import { modelKind } from './model-kind.js';
import { number, type ValuesOf } from './parameters.js';
import { commonParameters, ownSlots, StreamModel } from './stream-model.js';
import { addToSums, twoSidedSumSlots } from './two-sided-sum.js';

const parameters = {
  slack: number(
    { unit: 'standard deviations', from: 0, to: 100, default: 0.5 },
    'k: half of the shift that is looked for',
  ),
  threshold: number(
    { unit: 'standard deviations', from: 0.1, to: 1e4, default: 5 },
    'h: a sum beyond it is an anomaly',
  ),
  warmUp: number(
    { unit: 'readings', from: 10, to: 1e6, whole: true, default: 50 },
    'readings that mean and deviation are estimated from, at the start and after each anomaly',
  ),
  ...knownMomentParameters,
  ...momentParameters,
  clip: number(
    { unit: 'standard deviations', from: 1, to: 1e6, default: 3 },
    'one reading adds no more than this, so that a spike alone is no shift',
  ),
  ...commonParameters,
};
type Values = ValuesOf<typeof parameters>;

const learnt = ownSlots;
const moments = ownSlots + 1;
const sums = moments + momentSlots;

/** Small shifts that stay (Page 1954). Deviation: the greater of both sums, S⁺ or −S⁻, in standard deviations. */
export const cusum = modelKind({
  type: 'cusum',
  parameters,
  check: givenTogether,
  build: (values) => new Cusum(values),
});

class Cusum extends StreamModel {
  readonly slots = sums + twoSidedSumSlots;
  private readonly floor: number;
  private readonly warmUp: number;

  constructor(private readonly values: Values) {
    super(values);
    this.floor = varianceFloor(values.resolution);
    this.warmUp = values.mean === undefined ? values.warmUp : 0;
  }

  protected override startOwn(state: Float64Array): void {
    state.fill(0, ownSlots);
    startMoments(state, moments, this.values);
  }

  protected judge(state: Float64Array, value: number): number {
    const { floor, warmUp } = this;
    const { clip, slack } = this.values;
    const count = at(state, learnt);
    if (count < warmUp) {
      learn(state, moments, value, { alpha: 1 / (count + 1), clip: Number.MAX_VALUE, floor });
      state[learnt] = count + 1;
      return Number.NaN;
    }
    const z = clamped(zScore(state, moments, value, floor), clip);
    const deviation = addToSums(state, sums, z, slack);
    if (this.isAnomalous(deviation)) this.startOwn(state);
    return deviation;
  }
}
