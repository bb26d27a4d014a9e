import { at } from './model.js';
import { modelKind } from './model-kind.js';
import { number, type ParameterFault, type ValuesOf } from './parameters.js';
import { insertSorted, removeSorted, robustDeviation } from './sorted-values.js';
import { commonParameters, ownSlots, StreamModel } from './stream-model.js';

const parameters = {
  window: number({ unit: 'readings', from: 5, to: 1000, whole: true, default: 100 }, 'how many of the last readings'),
  threshold: number({ unit: 'standard deviations', from: 1, to: 1000, default: 3.5 }, 'beyond it is an anomaly'),
  warmUp: number({ unit: 'readings', from: 5, to: 1000, whole: true, default: 20 }, 'learnt before any is scored'),
  resolution: number(
    { unit: "the metric's own", from: 0, to: 1e50, default: 0 },
    'smallest step of the sensor: the deviation is never taken for less than it over √12',
  ),
  ...commonParameters,
};
type Values = ValuesOf<typeof parameters>;

/**
 * Spikes on a metric with outliers. Deviation: distance from the median of a sliding window, in standard deviations.
 * Up to half of the window may be anomalies before they count as the rule, so everything is learnt as it is.
 */
export const robustZ = modelKind({
  type: 'robust-z',
  parameters,
  check: ({ window, warmUp }): ParameterFault[] =>
    warmUp <= window ? [] : [{ pointer: '/warmUp', problem: `must be at most the window, ${window}` }],
  build: (values) => new RobustZ(values),
});

class RobustZ extends StreamModel {
  readonly slots: number;
  private readonly minScale: number;
  /** The window twice: in the order of arrival, as a ring, and in the order of values. */
  private readonly sortedFrom: number;

  constructor(private readonly values: Values) {
    super(values);
    this.sortedFrom = ownSlots + values.window;
    this.slots = ownSlots + 2 * values.window;
    this.minScale = values.resolution / Math.sqrt(12);
  }

  protected judge(state: Float64Array, value: number, reading: number): number {
    const { window, warmUp } = this.values;
    const from = this.sortedFrom;
    let count = Math.min(reading, window);
    const deviation = reading < warmUp ? Number.NaN : robustDeviation({ state, from, count }, value, this.minScale);
    const place = ownSlots + (reading % window);
    if (count === window) {
      removeSorted({ state, from, count }, at(state, place));
      count--;
    }
    insertSorted({ state, from, count }, value);
    state[place] = value;
    return deviation;
  }
}
