import { at } from '../model.js';
import { modelKind, type ModelContext } from '../model-kind.js';
import { number, type ValuesOf } from '../parameters.js';
import { commonParameters, ownSlots, StreamModel } from '../stream-model.js';
import { HourPart, LevelPart, type Part, ShiftPart, SpreadPart } from './parts.js';
import { Surprise } from './surprise.js';

const spanOf = (standard: number) => ({ unit: 'readings', from: 5, to: 1e6, default: standard });

const parameters = {
  threshold: number(
    { unit: 'surprise', from: 0.1, to: 100, default: 1 },
    'beyond it is an anomaly: standard deviations above what the largest of each block usually are',
  ),
  warmUp: number({ unit: 'readings', from: 50, to: 1e6, whole: true, default: 150 }, 'learnt before any is scored'),
  span: number(
    spanOf(1000),
    'how far back the level looks; shift looks back twice as far, the residuals of hours thrice',
  ),
  shortSpan: number(spanOf(30), 'how many readings make a shift or a change of spread'),
  hourSpan: number(spanOf(19), 'how many readings of the same hour of the day it looks back'),
  blockLength: number(
    { unit: 'readings', from: 20, to: 1e5, whole: true, default: 150 },
    'the largest deviation of each such block says what is usual in this series',
  ),
  blocks: number({ unit: 'blocks', from: 3, to: 1e4, default: 20 }, 'how many such blocks it looks back'),
  habituation: number(spanOf(500), 'so long after a surprise only greater ones count; fades exponentially'),
  clip: number(
    { unit: 'standard deviations', from: 1, to: 1e6, default: 3 },
    'readings farther out are learnt as if they were this far out',
  ),
  resolution: number(
    { unit: "the metric's own", from: 0, to: 1e50, default: 0 },
    'smallest step of the sensor: to move no farther is no deviation',
  ),
  resetAfterMs: commonParameters.resetAfterMs,
};
type Values = ValuesOf<typeof parameters>;

/** However great a surprise was, the next one of this size is heard after some time. */
const maxBar = 6;
const bar = ownSlots;

/**
 * For series of which nothing is known. Five views of the series (level, hour of the day, the same with weekends apart, shift, spread) are each calibrated by
 * the largest deviations that the series has shown, the most surprising one counts, and what has just been surprising is
 * surprising no more. Deviation: surprise, never negative; it says nothing of the direction.
 */
export const combined = modelKind({
  type: 'combined',
  parameters,
  build: (values, context) => new Combined(values, context),
});

class Combined extends StreamModel {
  readonly slots: number;
  private readonly views: readonly { readonly part: Part; readonly surprise: Surprise }[];
  private readonly fading: number;

  constructor(
    private readonly values: Values,
    context: ModelContext,
  ) {
    super({ ...values, direction: 'above' });
    this.fading = 1 / values.habituation;
    let slot = bar + 1;
    const take = (slots: number): number => (slot += slots) - slots;
    const options = (slots: number) => ({
      slot: take(slots),
      clip: values.clip,
      resolution: values.resolution,
    });
    const { span, shortSpan: short, hourSpan: hour } = values;
    const parts: Part[] = [
      new LevelPart(options(LevelPart.slots), span),
      ...[HourPart.ofDay, HourPart.ofWorkOrWeekend].map((kinds) => {
        const spans = { hour, residual: 3 * span };
        return new HourPart(options(HourPart.slotsOf(kinds)), spans, kinds, context.offsetMsAt);
      }),
      new ShiftPart(options(ShiftPart.slots), { short, long: 2 * span }),
      new SpreadPart(options(SpreadPart.slots), { short, long: span }),
    ];
    this.views = parts.map((part) => ({ part, surprise: new Surprise(take(Surprise.slots), values) }));
    this.slots = slot;
  }

  protected judge(state: Float64Array, value: number, reading: number, _elapsedMs: number, atMs: number): number {
    let greatest = Number.NEGATIVE_INFINITY;
    for (const { part, surprise } of this.views) {
      greatest = Math.max(greatest, surprise.step(state, part.step(state, value, atMs)));
    }
    const usual = at(state, bar) * Math.exp(-this.fading);
    const beyond = Math.max(0, greatest - usual);
    state[bar] = Math.min(maxBar, usual + beyond);
    return reading < this.values.warmUp ? Number.NaN : beyond;
  }
}
