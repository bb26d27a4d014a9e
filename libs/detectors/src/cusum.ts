import { givenTogether } from './ewma-z.js';
import { learn, varianceFloor, zScore } from './ew-moments.js';
import { at, clamped } from './model.js';
import { modelKind } from './model-kind.js';
import { number, optional, type ValuesOf } from './parameters.js';
import { commonParameters, ownSlots, StreamModel } from './stream-model.js';

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
  mean: optional(number({ unit: "the metric's own", from: -1e50, to: 1e50 }, 'known mean: no warm-up')),
  deviation: optional(number({ unit: "the metric's own", from: 0, to: 1e50 }, 'known standard deviation, with mean')),
  clip: number(
    { unit: 'standard deviations', from: 1, to: 1e6, default: 3 },
    'one reading adds no more than this, so that a spike alone is no shift',
  ),
  resolution: number(
    { unit: "the metric's own", from: 0, to: 1e50, default: 0 },
    'smallest step of the sensor: the variance is never taken for less than its square over 12',
  ),
  ...commonParameters,
};
type Values = ValuesOf<typeof parameters>;

const learnt = ownSlots;
const moments = ownSlots + 1;
const upper = ownSlots + 3;
const lower = ownSlots + 4;

/** Small shifts that stay (Page 1954). Deviation: the greater of both sums, S⁺ or −S⁻, in standard deviations. */
export const cusum = modelKind({
  type: 'cusum',
  parameters,
  check: ({ mean, deviation }) => givenTogether(mean, deviation),
  build: (values) => new Cusum(values),
});

class Cusum extends StreamModel {
  readonly slots = ownSlots + 5;
  private readonly floor: number;
  private readonly warmUp: number;

  constructor(private readonly values: Values) {
    super(values);
    this.floor = varianceFloor(values.resolution);
    this.warmUp = values.mean === undefined ? values.warmUp : 0;
  }

  protected override startOwn(state: Float64Array): void {
    const { mean = 0, deviation = 0 } = this.values;
    state[learnt] = 0;
    state[moments] = mean;
    state[moments + 1] = deviation * deviation;
    state[upper] = 0;
    state[lower] = 0;
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
    const up = Math.max(0, at(state, upper) + z - slack);
    const down = Math.max(0, at(state, lower) - z - slack);
    state[upper] = up;
    state[lower] = down;
    const deviation = up >= down ? up : -down;
    if (this.isAnomalous(deviation)) this.startOwn(state);
    return deviation;
  }
}
