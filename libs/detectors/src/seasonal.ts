import { learn, momentParameters, momentSlots, varianceFloor } from './ew-moments.js';
import { at, deviationOf } from './model.js';
import { modelKind, type ModelContext } from './model-kind.js';
import { number, type ValuesOf } from './parameters.js';
import { commonParameters, ownSlots, StreamModel } from './stream-model.js';

const parameters = {
  spanWeeks: number({ unit: 'weeks', from: 1, to: 520, default: 8 }, 'how far back each hour of the week looks'),
  shrinkWeeks: number(
    { unit: 'weeks', from: 0, to: 520, default: 1 },
    'k: an hour of the week that was seen in n weeks counts n / (n + k), the mean of all hours the rest',
  ),
  threshold: number({ unit: 'standard deviations', from: 1, to: 1000, default: 4 }, 'beyond it is an anomaly'),
  warmUpWeeks: number({ unit: 'weeks', from: 1, to: 520, default: 3 }, 'learnt before any is scored'),
  ...momentParameters,
  ...commonParameters,
};
type Values = ValuesOf<typeof parameters>;

const hourMs = 3_600_000;
const weekMs = 168 * hourMs;
const hoursOfWeek = 168;
/** Monday, 0:00: the epoch was a Thursday. */
const epochHourOfWeek = 72;

const firstAtMs = ownSlots;
/** Hours in which readings were learnt, then their mean and variance. */
const overall = ownSlots + 1;
/** Of each hour of the week the same: weeks, mean, variance. */
const bucketSlots = 1 + momentSlots;
const buckets = overall + bucketSlots;

/** What differs by the hour of the week, in local time. Deviation: standard deviations of the same hour in other weeks. */
export const seasonal = modelKind({
  type: 'seasonal',
  parameters,
  build: (values, context) => new Seasonal(values, context),
});

class Seasonal extends StreamModel {
  readonly slots = buckets + hoursOfWeek * bucketSlots;
  private readonly floor: number;

  constructor(
    private readonly values: Values,
    private readonly context: ModelContext,
  ) {
    super(values);
    this.floor = varianceFloor(values.resolution);
  }

  protected judge(state: Float64Array, value: number, reading: number, elapsedMs: number, atMs: number): number {
    const { spanWeeks, warmUpWeeks } = this.values;
    if (reading === 0) state[firstAtMs] = atMs;
    const bucket = buckets + bucketSlots * this.hourOfWeekAt(atMs);
    const isWarm = atMs - at(state, firstAtMs) >= warmUpWeeks * weekMs;
    const deviation = isWarm ? this.deviationFrom(state, bucket, value) : Number.NaN;
    // A reading stands for the time since the one before it, so that an hour weighs the same however many it has.
    const hours = reading === 0 ? 1 : Math.min(1, elapsedMs / hourMs);
    this.learnInto(state, bucket, { value, share: hours, span: spanWeeks, isWarm });
    this.learnInto(state, overall, { value, share: hours, span: spanWeeks * hoursOfWeek, isWarm });
    return deviation;
  }

  private hourOfWeekAt(atMs: number): number {
    const localHour = Math.floor((atMs + this.context.offsetMsAt(atMs)) / hourMs) + epochHourOfWeek;
    return ((localHour % hoursOfWeek) + hoursOfWeek) % hoursOfWeek;
  }

  private deviationFrom(state: Float64Array, bucket: number, value: number): number {
    const weeks = at(state, bucket);
    const own = weeks === 0 ? 0 : weeks / (weeks + this.values.shrinkWeeks);
    const blend = (slot: number): number => own * at(state, bucket + slot) + (1 - own) * at(state, overall + slot);
    return deviationOf(value, blend(1), Math.sqrt(Math.max(blend(2), this.floor)));
  }

  private learnInto(
    state: Float64Array,
    bucket: number,
    { value, share, span, isWarm }: { value: number; share: number; span: number; isWarm: boolean },
  ): void {
    if (share === 0) return;
    const weight = at(state, bucket) + share;
    const alpha = Math.max(-Math.expm1(-share / span), share / weight);
    const clip = isWarm ? this.values.clip : Number.MAX_VALUE;
    learn(state, bucket + 1, value, { alpha, clip, floor: this.floor });
    state[bucket] = weight;
  }
}
