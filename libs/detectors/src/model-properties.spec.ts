import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { limitForecast } from './limit-forecast.js';
import { maxDeviation, maxMagnitude, type Model } from './model.js';
import { createModel } from './model-kinds.js';
import { peerGroup } from './peer-group.js';

const context = { offsetMsAt: () => 3_600_000 };
const startMs = 1_760_000_000_000;

interface Feed {
  readonly slots: number;
  start(state: Float64Array): void;
  step(state: Float64Array, atMs: number, value: number): number;
}

/** Every model with little warm-up, so that short histories reach everything in it. */
const feeds: readonly (readonly [string, Feed])[] = [
  ['ewma-z', modelOf('ewma-z', { span: 5, warmUp: 3 })],
  ['ewma-z at irregular times', modelOf('ewma-z', { tauMs: 600_000, warmUp: 3, resetAfterMs: 40_000_000 })],
  ['robust-z', modelOf('robust-z', { window: 7, warmUp: 5 })],
  ['cusum', modelOf('cusum', { warmUp: 10, threshold: 2 })],
  ['page-hinkley', modelOf('page-hinkley', { warmUp: 10, threshold: 3 })],
  ['seasonal', modelOf('seasonal', { warmUpWeeks: 1, spanWeeks: 1 })],
  ['holt-winters', modelOf('holt-winters', { intervalMs: 600_000, season: 4, violations: 2, window: 3 })],
  [
    'holt-winters with parameters that make it unstable',
    modelOf('holt-winters', { intervalMs: 600_000, season: 2, alpha: 1, beta: 1, gamma: 1, clip: 1e6 }),
  ],
  ['combined', modelOf('combined', { span: 10, shortSpan: 5, warmUp: 50, blockLength: 20, blocks: 3, habituation: 5 })],
  ['limit-forecast', forecast({ limit: 50, horizonMs: 3_600_000, windowMs: 36_000_000, warmUp: 5 })],
  ['peer-group', peers({ capacity: 5, minPeers: 3, staleAfterMs: 1_200_000 })],
];

const gapMs = fc.oneof(
  fc.constant(600_000),
  fc.integer({ min: 0, max: 2_000_000 }),
  fc.integer({ min: 0, max: 2_000_000_000 }),
);
const ordinary = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -100, max: 100, noNaN: true }));
const extreme = fc.oneof(
  ordinary,
  fc.double({ min: -maxMagnitude, max: maxMagnitude, noNaN: true }),
  fc.constantFrom(maxMagnitude, -maxMagnitude, Number.MIN_VALUE, -0, 0),
);
const historyOf = (value: fc.Arbitrary<number>): fc.Arbitrary<Reading[]> =>
  fc.array(fc.record({ gapMs, value }), { maxLength: 80 }).map((steps) => {
    let atMs = startMs;
    return steps.map((step) => ({ atMs: (atMs += step.gapMs), value: step.value }));
  });
interface Reading {
  readonly atMs: number;
  readonly value: number;
}

describe.each(feeds)('%s', (_name, feed) => {
  test('saved and restored at any point goes on to the bit as if it had never been interrupted', () => {
    fc.assert(
      fc.property(historyOf(extreme), fc.nat(), (history, where) => {
        const whole = begun(feed);
        const expected = history.map(({ atMs, value }) => feed.step(whole, atMs, value));
        let state = begun(feed);
        const deviations = history.map(({ atMs, value }, index) => {
          if (index === where % history.length) {
            const saved = Buffer.from(state.buffer.slice(0));
            state = new Float64Array(feed.slots).fill(7);
            Buffer.from(state.buffer).set(saved);
          }
          return feed.step(state, atMs, value);
        });
        expect(deviations).toEqual(expected);
        expect(Buffer.from(state.buffer).equals(Buffer.from(whole.buffer))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('whatever finite readings come, deviations are bounded and a state never ceases to be one', () => {
    fc.assert(
      fc.property(historyOf(extreme), (history) => {
        const state = begun(feed);
        const isSound = history.map(({ atMs, value }) => {
          const deviation = feed.step(state, atMs, value);
          return !(Math.abs(deviation) > maxDeviation) && !state.some(Number.isNaN);
        });
        expect(isSound).not.toContain(false);
      }),
      { numRuns: 150 },
    );
  });

  test('a state in the middle of a larger array changes nothing beside it', () => {
    const pool = new Float64Array(feed.slots + 2).fill(7);
    const state = pool.subarray(1, 1 + feed.slots);
    feed.start(state);
    for (let reading = 0; reading < 50; reading++) feed.step(state, startMs + reading * 600_000, reading % 7);
    expect([pool.at(0), pool.at(-1)]).toEqual([7, 7]);
  });

  test.each([
    ['NaN', startMs, Number.NaN, 'detectors.reading-not-finite'],
    ['an infinity', startMs, Number.NEGATIVE_INFINITY, 'detectors.reading-not-finite'],
    ['a number whose square is too large', startMs, 2e100, 'detectors.reading-too-large'],
    ['no time', Number.NaN, 1, 'detectors.time-invalid'],
    ['a time before the last', startMs - 1, 1, 'detectors.time-went-back'],
  ])('%s is refused by name and changes nothing', (_what, atMs, value, code) => {
    const state = begun(feed);
    feed.step(state, startMs, 1);
    const before = Buffer.from(state.buffer.slice(0));
    expect(() => feed.step(state, atMs, value)).toThrow(expect.objectContaining({ code }));
    expect(Buffer.from(state.buffer).equals(before)).toBe(true);
  });

  test('the state of another model is refused', () => {
    const refused = expect.objectContaining({ code: 'detectors.state-mismatch' });
    expect(() => feed.step(new Float64Array(feed.slots + 1), startMs, 1)).toThrow(refused);
    expect(() => feed.start(new Float64Array(feed.slots + 1))).toThrow(refused);
  });
});

describe.each(feeds.filter(([name]) => name !== 'limit-forecast' && !name.includes('unstable')))(
  '%s',
  (_name, feed) => {
    test('the same in other units (Fahrenheit for Celsius) deviates the same', () => {
      const eighths = fc.double({ min: -100, max: 100, noNaN: true }).map((each) => Math.round(each * 8) / 8);
      // Powers of two and small shifts are exact, so that a tie in one unit is a tie in the other.
      fc.assert(
        fc.property(
          historyOf(eighths),
          fc.integer({ min: -8, max: 8 }),
          fc.integer({ min: -64, max: 64 }),
          (history, power, shift) => {
            const [here, there] = [begun(feed), begun(feed)];
            const differing = history.filter(({ atMs, value }) => {
              const expected = feed.step(here, atMs, value);
              const found = feed.step(there, atMs, 2 ** power * (value + shift));
              return Math.abs(expected) < 1e4 && !(Math.abs(found - expected) < 1e-6 * (1 + Math.abs(expected)));
            });
            expect(differing).toEqual([]);
          },
        ),
        { numRuns: 60 },
      );
    });
  },
);

function begun(feed: Feed): Float64Array {
  const state = new Float64Array(feed.slots).fill(5);
  feed.start(state);
  return state;
}

function modelOf(type: string, params: object): Model {
  const creation = createModel({ type, params }, context);
  if ('faults' in creation) throw new Error(JSON.stringify(creation.faults));
  return creation.model;
}

function forecast(params: object): Model {
  const creation = limitForecast.create(params);
  if ('faults' in creation) throw new Error(JSON.stringify(creation.faults));
  return creation.model;
}

/** Members take turns by the time of the reading. */
function peers(params: object): Feed {
  const creation = peerGroup.create(params);
  if ('faults' in creation) throw new Error(JSON.stringify(creation.faults));
  const { model } = creation;
  return {
    slots: model.slots,
    start: (state) => model.start(state),
    step: (state, atMs, value) => model.step(state, (Math.floor(atMs / 1000) || 0) % 5, atMs, value),
  };
}
