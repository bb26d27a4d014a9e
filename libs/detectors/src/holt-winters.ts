import { at, clamped, countedPart, deviationOf, maxMagnitude } from './model.js';
import { modelKind } from './model-kind.js';
import { duration, number, type ParameterFault, type ValuesOf } from './parameters.js';
import { commonParameters, ownSlots, StreamModel } from './stream-model.js';

const share = (standard: number) => ({ unit: 'share', from: 0, to: 1, default: standard });

const parameters = {
  intervalMs: duration('time between readings: one step of the model'),
  season: number({ unit: 'steps', from: 2, to: 10_080, whole: true }, 'm: after as many steps everything repeats'),
  alpha: number(share(0.1), 'how fast the level follows'),
  beta: number(share(0.01), 'how fast the trend follows'),
  gamma: number(share(0.3), 'how fast season and band follow, each once in a season'),
  threshold: number({ unit: 'bands', from: 0.5, to: 1000, default: 3 }, 'δ: farther from the forecast is a violation'),
  violations: number({ unit: 'readings', from: 1, to: 60, whole: true, default: 7 }, 'as many violations ...'),
  window: number(
    { unit: 'readings', from: 1, to: 60, whole: true, default: 9 },
    '... of so many readings are an anomaly',
  ),
  clip: number(
    { unit: 'bands', from: 1, to: 1e6, default: 3 },
    'readings farther out are learnt as if they were this far out; 1000000 learns everything as it is',
  ),
  resolution: number(
    { unit: "the metric's own", from: 0, to: 1e50, default: 0 },
    'smallest step of the sensor: the band is never narrower than it over √12',
  ),
  ...commonParameters,
};
type Values = ValuesOf<typeof parameters>;

const firstAtMs = ownSlots;
const lastStep = ownSlots + 1;
const level = ownSlots + 2;
const trend = ownSlots + 3;
const scored = ownSlots + 4;
const recent = ownSlots + 5;

/** Where things stand in a state, for tests that begin with a known one. */
export const holtWintersLayout = (window: number, season: number) => ({
  ...{ lastStep, level, trend },
  season: recent + window,
  band: recent + window + season,
});

/** Beyond this no forecast of readings is sensible; some smoothing parameters would make it grow for ever. */
const maxLevel = 4 * maxMagnitude;

/**
 * Season and trend of regular readings (Holt 1957, Winters 1960) with Brutlag's band (LISA 2000). Deviation: distance from
 * the forecast in bands, the `violations`-th greatest of the last `window`, so that an anomaly is 7 violations of 9. The first
 * season gives level and season, the second the bands; scores begin with the third.
 */
export const holtWinters = modelKind({
  type: 'holt-winters',
  parameters,
  check: ({ violations, window }): ParameterFault[] =>
    violations <= window ? [] : [{ pointer: '/violations', problem: `must be at most the window, ${window}` }],
  build: (values) => new HoltWinters(values),
});

class HoltWinters extends StreamModel {
  readonly slots: number;
  private readonly season: number;
  private readonly band: number;
  private readonly minBand: number;

  constructor(private readonly values: Values) {
    super(values);
    const { season, band } = holtWintersLayout(values.window, values.season);
    this.season = season;
    this.band = band;
    this.slots = band + values.season;
    this.minBand = values.resolution / Math.sqrt(12);
  }

  protected override startOwn(state: Float64Array): void {
    state.fill(unseen, this.band);
  }

  protected judge(state: Float64Array, value: number, reading: number, _elapsedMs: number, atMs: number): number {
    const { intervalMs, season: m } = this.values;
    const stepNow = reading === 0 ? 0 : Math.round((atMs - at(state, firstAtMs)) / intervalMs);
    const stepBefore = at(state, lastStep);
    const hasLostSeason = stepNow - stepBefore >= m;
    if (reading === 0 || hasLostSeason) {
      state.fill(0, ownSlots);
      this.startOwn(state);
      state[firstAtMs] = atMs;
      return this.collect(state, 0, value);
    }
    state[lastStep] = stepNow;
    if (stepNow < m) return this.collect(state, stepNow, value);
    if (stepBefore < m) this.settleSeason(state);
    if (stepNow >= 2 * m && stepBefore < 2 * m) this.settleBands(state);
    return this.follow(state, { step: stepNow, steps: stepNow - stepBefore, value });
  }

  /** The first season: readings as they are. */
  private collect(state: Float64Array, step: number, value: number): number {
    state[this.season + step] = value;
    state[this.band + step] = 0;
    return Number.NaN;
  }

  private settleSeason(state: Float64Array): void {
    const { season, band } = this;
    let sum = 0;
    let count = 0;
    for (let step = 0; step < this.values.season; step++) {
      if (state[band + step] === unseen) continue;
      count++;
      sum += at(state, season + step);
    }
    const mean = sum / count;
    state[level] = mean;
    for (let step = 0; step < this.values.season; step++) {
      state[season + step] = state[band + step] === unseen ? 0 : at(state, season + step) - mean;
      state[band + step] = unseen;
    }
  }

  /** One error says little of how wide a band is: each is drawn halfway to the mean of all. */
  private settleBands(state: Float64Array): void {
    const bands = state.subarray(this.band);
    const seen = bands.filter((each) => each !== unseen);
    const mean = seen.reduce((sum, each) => sum + each, 0) / Math.max(1, seen.length);
    bands.forEach((each, step) => (bands[step] = each === unseen ? mean : (each + mean) / 2));
  }

  private follow(state: Float64Array, reading: { step: number; steps: number; value: number }): number {
    const { alpha, beta, gamma, season: m, clip } = this.values;
    const seasonSlot = this.season + (reading.step % m);
    const bandSlot = this.band + (reading.step % m);
    const seasonal = at(state, seasonSlot);
    const isWarm = reading.step >= 2 * m;
    // Steps without a reading: the level goes on along its trend. Further readings of one step are scored, not learnt.
    const expectedLevel = at(state, level) + reading.steps * at(state, trend);
    const expected = expectedLevel + seasonal;
    const error = reading.value - expected;
    const width = Math.max(at(state, bandSlot), this.minBand);
    const deviation = isWarm ? this.remember(state, deviationOf(reading.value, expected, width)) : Number.NaN;
    if (reading.steps === 0) return deviation;
    const learntError = isWarm && width > 0 ? clamped(error, clip * width) : error;
    const value = expected + learntError;
    const newLevel = alpha * (value - seasonal) + (1 - alpha) * expectedLevel;
    const slope = (newLevel - at(state, level)) / reading.steps;
    state[level] = clamped(newLevel, maxLevel);
    state[trend] = clamped(beta * slope + (1 - beta) * at(state, trend), maxLevel);
    state[seasonSlot] = clamped(gamma * (value - newLevel) + (1 - gamma) * seasonal, maxLevel);
    const band = gamma * Math.abs(learntError) + (1 - gamma) * at(state, bandSlot);
    state[bandSlot] = Math.min(isWarm ? band : Math.abs(learntError), maxLevel);
    return deviation;
  }

  /** The `violations`-th greatest of the last deviations; NaN until there are as many. */
  private remember(state: Float64Array, deviation: number): number {
    const { violations, window } = this.values;
    const count = at(state, scored);
    state[recent + (count % window)] = deviation;
    state[scored] = count + 1;
    if (count + 1 < violations) return Number.NaN;
    const last = state.subarray(recent, recent + Math.min(count + 1, window));
    const counted = last.map((each) => countedPart(each, this.direction)).sort();
    const decisive = at(counted, counted.length - violations);
    const isBelow = this.direction === 'below' || (this.direction === 'both' && deviation < 0);
    return isBelow ? -decisive : decisive;
  }
}

/** In place of the band of a step that had no reading yet. */
const unseen = -1;
