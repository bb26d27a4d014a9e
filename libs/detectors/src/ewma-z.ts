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
import { modelKind } from './model-kind.js';
import { duration, number, optional, type ValuesOf } from './parameters.js';
import { commonParameters, ownSlots, StreamModel } from './stream-model.js';

const parameters = {
  span: optional(
    number({ unit: 'readings', from: 2, to: 1e6 }, 'how far back it looks: α = 2 / (span + 1); the default is 100'),
  ),
  tauMs: optional(
    duration('instead of span, for readings at any times: α = 1 − exp(−elapsed / tauMs), at most a quarter'),
  ),
  threshold: number({ unit: 'standard deviations', from: 1, to: 1000, default: 4 }, 'beyond it is an anomaly'),
  warmUp: number({ unit: 'readings', from: 2, to: 1e6, whole: true, default: 30 }, 'learnt before any is scored'),
  ...knownMomentParameters,
  ...momentParameters,
  ...commonParameters,
};
type Values = ValuesOf<typeof parameters>;

/** After a long silence one reading would be all that is known, and the variance 0. */
const maxAlpha = 0.25;

/** Spikes on a metric that is level or changes slowly. Deviation: standard deviations. */
export const ewmaZ = modelKind({
  type: 'ewma-z',
  parameters,
  check: ({ span, tauMs, ...known }) => [
    ...(span !== undefined && tauMs !== undefined
      ? [{ pointer: '/tauMs', problem: 'cannot be given together with span' }]
      : []),
    ...givenTogether(known),
  ],
  build: (values) => new EwmaZ(values),
});

class EwmaZ extends StreamModel {
  readonly slots = ownSlots + momentSlots;
  private readonly floor: number;
  private readonly warmUp: number;

  constructor(private readonly values: Values) {
    super(values);
    this.floor = varianceFloor(values.resolution);
    this.warmUp = values.mean === undefined ? values.warmUp : 0;
  }

  protected override startOwn(state: Float64Array): void {
    startMoments(state, ownSlots, this.values);
  }

  protected judge(state: Float64Array, value: number, reading: number, elapsedMs: number): number {
    const { floor, warmUp, values } = this;
    const deviation = reading < warmUp ? Number.NaN : zScore(state, ownSlots, value, floor);
    const clip = reading < warmUp ? Number.MAX_VALUE : values.clip;
    learn(state, ownSlots, value, { alpha: this.alphaOf(reading, elapsedMs), clip, floor });
    return deviation;
  }

  /** Plain mean and variance until the weights have come down to what is configured. */
  private alphaOf(reading: number, elapsedMs: number): number {
    const { span = 100, tauMs } = this.values;
    const configured = tauMs === undefined ? 2 / (span + 1) : Math.min(maxAlpha, -Math.expm1(-elapsedMs / tauMs));
    return this.values.mean === undefined ? Math.max(configured, 1 / (reading + 1)) : configured;
  }
}
