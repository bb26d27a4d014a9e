import { describe, expect, test } from '@jest/globals';
import { limitForecast } from './limit-forecast.js';
import type { Model } from './model.js';
import { createModel } from './model-kinds.js';
import { peerGroup } from './peer-group.js';

const context = { offsetMsAt: () => 0 };
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** What the models are for: what each finds, and what it must not take for an anomaly. */
describe('detection', () => {
  test('ewma-z: a spike is found, does not hide the next one, and leaves no alarm behind', () => {
    const found = anomaliesOf('ewma-z', {}, [...noise(300), 35, ...noise(20), 35, ...noise(100)]);
    expect(found).toEqual([300, 321]);
  });

  test('ewma-z: after a long silence one reading is not all that is known', () => {
    const { model, state } = begun(modelOf('ewma-z', { tauMs: hourMs }));
    noise(100).forEach((value, minute) => model.step(state, minute * minuteMs, value));
    model.step(state, 30 * 24 * hourMs, 22);
    expect(Math.abs(model.step(state, 30 * 24 * hourMs + minuteMs, 20))).toBeLessThan(4);
  });

  test('a silence of resetAfterMs and more makes a model start over', () => {
    const { model, state } = begun(modelOf('ewma-z', { warmUp: 5, resetAfterMs: hourMs }));
    for (let minute = 0; minute < 10; minute++) model.step(state, minute * minuteMs, minute);
    expect(model.step(state, 9 * minuteMs + hourMs, 5)).not.toBeNaN();
    expect(model.step(state, 10 * minuteMs + 2 * hourMs, 5)).toBeNaN();
  });

  test.each(['ewma-z', 'robust-z', 'cusum', 'page-hinkley'])(
    '%s: a sensor that stood still is alarmed when it moves, and not before',
    (type) => {
      const params = type === 'page-hinkley' ? { clip: 1000 } : type === 'cusum' ? { clip: 10 } : {};
      expect(anomaliesOf(type, params, [...Array<number>(200).fill(0.1), 0.2])).toEqual([200]);
    },
  );

  test.each<[string, object, number]>([
    ['ewma-z', {}, minuteMs],
    ['robust-z', {}, minuteMs],
    ['cusum', { clip: 10 }, minuteMs],
    ['page-hinkley', { clip: 1000 }, minuteMs],
    ['seasonal', {}, 4 * hourMs],
    ['combined', {}, minuteMs],
  ])('%s: a move by the resolution of the sensor is none', (type, params, stepMs) => {
    const values = [...Array<number>(200).fill(20), 20.5];
    expect(anomaliesOf(type, params, values, stepMs)).toEqual([200]);
    expect(anomaliesOf(type, { ...params, resolution: 0.5 }, values, stepMs)).toEqual([]);
  });

  test.each(['ewma-z', 'robust-z', 'cusum', 'page-hinkley', 'combined'])('%s: starts over after a silence', (type) => {
    const { model, state } = begun(modelOf(type, { resetAfterMs: hourMs, warmUp: 50 }));
    noise(60).forEach((value, minute) => model.step(state, minute * minuteMs, value));
    expect(model.step(state, 59 * minuteMs + hourMs, 20)).not.toBeNaN();
    expect(model.step(state, 60 * minuteMs + 2 * hourMs, 20)).toBeNaN();
  });

  test('combined: local time is UTC and the offset', () => {
    const values = noise(900).map((value, hour) => value + (isBusy(hour) ? 50 : 0));
    const zone = (offsetMs: number, startMs: number): number[] => {
      const creation = createModel({ type: 'combined' }, { offsetMsAt: () => offsetMs });
      const { model, state } = begun(created(creation));
      return values.map((value, hour) => model.step(state, startMs + hour * hourMs, value));
    };
    expect(zone(5 * hourMs, 0)).toEqual(zone(0, 5 * hourMs));
    expect(zone(5 * hourMs, 0)).not.toEqual(zone(0, 0));
  });

  test('robust-z: a third of the readings gone wild hides nothing', () => {
    const wild = noise(300).map((value, index) => (index % 3 === 0 ? value + 100 : value));
    const found = anomaliesOf('robust-z', { threshold: 10 }, [...noise(100), ...wild]);
    expect(found).toHaveLength(100);
  });

  test('cusum: a shift of one standard deviation is found that no spike detector sees, and a lone spike is none', () => {
    const shifted = [...noise(200), ...noise(60).map((value) => value + 1.2)];
    expect(anomaliesOf('ewma-z', {}, shifted)).toEqual([]);
    expect(anomaliesOf('cusum', {}, shifted).length).toBeGreaterThan(0);
    expect(anomaliesOf('cusum', {}, [...noise(100), 60, ...noise(60)])).toEqual([]);
  });

  test('page-hinkley: a slow drift is found, downwards is told from upwards', () => {
    const drift = [...noise(300), ...noise(400).map((value, index) => value - index * 0.01)];
    const { model, deviations } = run(modelOf('page-hinkley', {}), drift);
    const first = deviations.findIndex((deviation) => model.isAnomalous(deviation));
    expect(first).toBeGreaterThan(300);
    expect(deviations[first]).toBeLessThan(0);
    expect(anomaliesOf('page-hinkley', { direction: 'above' }, drift)).toEqual([]);
  });

  test('seasonal: the busy hour is no anomaly on its day, and is one at night', () => {
    const hours = [...Array(5 * 168).keys()];
    const week = noise(hours.length).map((value, hour) => value + (isBusy(hour) ? 50 : 0));
    const night = [...week];
    night[4 * 168 + 3] = 70;
    expect(anomaliesOf('seasonal', {}, week, hourMs)).toEqual([]);
    expect(anomaliesOf('seasonal', {}, night, hourMs)).toEqual([4 * 168 + 3]);
  });

  test('holt-winters: seven of nine beyond the band are an anomaly, six are not', () => {
    const params = { intervalMs: minuteMs, season: 24 };
    const day = (count: number): number[] =>
      noise(count).map((value, step) => value + 10 * Math.sin((2 * Math.PI * step) / 24));
    const raised = (count: number): number[] =>
      day(24 * 8).map((value, step) => (step >= 150 && step < 150 + count ? value + 40 : value));
    expect(anomaliesOf('holt-winters', params, raised(6))).toEqual([]);
    expect(anomaliesOf('holt-winters', params, raised(9))[0]).toBe(156);
  });

  test('peer-group: the device that is unlike its siblings, from its second reading on, also when all change together', () => {
    const { model, state } = begun(created(peerGroup.create({ minPeers: 5 })));
    const found: number[] = [];
    noise(1200).forEach((value, index) => {
      const member = index % 30;
      const weather = index * 0.02;
      const reading = value + weather + (member === 4 ? 12 : 0);
      if (model.isAnomalous(model.step(state, member, index * minuteMs, reading)) && !found.includes(member))
        found.push(member);
    });
    expect(found).toEqual([4]);
  });

  test('peer-group: members beyond the capacity are refused, judged only without a number', () => {
    const { model, state } = begun(created(peerGroup.create({ capacity: 5, minPeers: 3 })));
    for (let member = 0; member < 5; member++) model.step(state, member, member, 20 + member);
    const before = [...state];
    expect(model.step(state, undefined, 4, 1000)).toBeGreaterThan(10);
    expect([...state]).toEqual(before);
    for (const member of [5, -1, 0.5]) {
      expect(() => model.step(state, member, 5, 1)).toThrow(
        expect.objectContaining({ code: 'detectors.member-invalid' }),
      );
    }
  });
});

describe('limit-forecast', () => {
  const params = { limit: 80, horizonMs: 6 * hourMs, windowMs: 4 * hourMs };
  /** Two degrees an hour: 80 is reached after 15 hours. */
  const rising = (count: number): number[] => noise(count).map((value, index) => value - 20 + 50 + index / 30);

  test('warns within the horizon, well before the limit, and not before', () => {
    const { model, state } = begun(created(limitForecast.create(params)));
    const first = rising(15 * 60).findIndex((value, minute) =>
      model.isAnomalous(model.step(state, minute * minuteMs, value)),
    );
    expect(first / 60).toBeGreaterThan(8.5);
    expect(first / 60).toBeLessThan(10.5);
  });

  test('says when, with an upper bound that is within the horizon just when it warns', () => {
    const { model, state } = begun(created(limitForecast.create(params)));
    expect(model.crossing(state)).toBeUndefined();
    const warned = rising(15 * 60).map((value, minute) => {
      const isWarning = model.isAnomalous(model.step(state, minute * minuteMs, value));
      const crossing = model.crossing(state);
      if (crossing === undefined || minute < 120) return undefined;
      expect(crossing.latestMs).toBeGreaterThanOrEqual(crossing.expectedMs);
      expect({ minute, isWarning }).toEqual({ minute, isWarning: crossing.latestMs <= params.horizonMs });
      return minute === 600 ? crossing.expectedMs / hourMs : undefined;
    });
    expect(warned.find((each) => each !== undefined)).toBeCloseTo(5, 0);
  });

  test('no trend is no warning, however near the limit; a spike is no trend', () => {
    const near = noise(900).map((value, minute) => value + 56 + (minute === 500 ? 10 : 0));
    const { model, deviations } = run(created(limitForecast.create({ ...params, confidence: 0.999 })), near);
    expect(deviations.filter((deviation) => model.isAnomalous(deviation))).toEqual([]);
  });

  test('a spike does not move the trend', () => {
    const crossingOf = (values: readonly number[]) => {
      const model = created(limitForecast.create(params));
      const { state } = begun(model);
      values.forEach((value, minute) => model.step(state, minute * minuteMs, value));
      return (model.crossing(state)?.expectedMs ?? Number.NaN) / hourMs;
    };
    const values = rising(600);
    const spiky = values.map((value, minute) => (minute === 590 ? 5000 : value));
    expect(Math.abs(crossingOf(spiky) - crossingOf(values))).toBeLessThan(0.5);
  });

  test('a trend that leads away never crosses, and what is beyond already has', () => {
    const crossingOf = (values: readonly number[]) => {
      const model = created(limitForecast.create(params));
      const { state } = begun(model);
      values.forEach((value, minute) => model.step(state, minute * minuteMs, value));
      return model.crossing(state);
    };
    const away = rising(600).map((value) => 100 - value);
    expect(crossingOf(away)).toEqual({ expectedMs: Number.POSITIVE_INFINITY, latestMs: Number.POSITIVE_INFINITY });
    expect(crossingOf(rising(600).map((value) => value + 40))).toEqual({ expectedMs: 0, latestMs: 0 });
    expect(crossingOf(rising(600).map((value) => 150 - value))).toMatchObject({ expectedMs: 0 });
    const just = noise(600).map((value) => value + 60.05);
    expect(crossingOf(just)?.expectedMs).toBe(0);
  });

  test('starts over after a silence', () => {
    const { model, state } = begun(created(limitForecast.create({ ...params, resetAfterMs: hourMs })));
    rising(100).forEach((value, minute) => model.step(state, minute * minuteMs, value));
    expect(model.step(state, 99 * minuteMs + hourMs, 60)).not.toBeNaN();
    expect(model.step(state, 100 * minuteMs + 2 * hourMs, 60)).toBeNaN();
  });

  test('falling towards a lower limit is the mirror image', () => {
    const up = run(created(limitForecast.create(params)), rising(900)).deviations;
    const mirrored = { ...params, limit: -80, approach: 'falling' };
    const down = run(
      created(limitForecast.create(mirrored)),
      rising(900).map((value) => -value),
    ).deviations;
    expect(down).toEqual(up);
  });
});

test('a score is 0.5 where anomalies begin, grows with the deviation, and is 0 while a model warms up', () => {
  const model = modelOf('ewma-z', { threshold: 4, direction: 'above' });
  expect([Number.NaN, -9, 0, 2, 4, 12, 1e6].map((each) => Number(model.score(each).toFixed(3)))).toEqual([
    ...[0, 0, 0, 0.333, 0.5, 0.75, 1],
  ]);
  expect([Number.NaN, -9, 4, 4.1].map((each) => model.isAnomalous(each))).toEqual([false, false, false, true]);
});

/** Uniform within 20 ± 2, from a generator of its own, so that every run sees the same. */
function noise(count: number): number[] {
  let seed = 12_345;
  return Array.from({ length: count }, () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return 18 + (4 * (seed >>> 8)) / 0x7fffff;
  });
}

function isBusy(hour: number): boolean {
  return Math.floor(hour / 24) % 7 < 5 && hour % 24 === 9;
}

function anomaliesOf(type: string, params: object, values: readonly number[], stepMs = minuteMs): number[] {
  const { model, deviations } = run(modelOf(type, params), values, stepMs);
  return deviations.flatMap((deviation, index) => (model.isAnomalous(deviation) ? [index] : []));
}

function run<M extends Model>(
  model: M,
  values: readonly number[],
  stepMs = minuteMs,
): { model: M; deviations: number[] } {
  const { state } = begun(model);
  return { model, deviations: values.map((value, index) => model.step(state, index * stepMs, value)) };
}

function begun<M extends { slots: number; start(state: Float64Array): void }>(
  model: M,
): { model: M; state: Float64Array } {
  const state = new Float64Array(model.slots);
  model.start(state);
  return { model, state };
}

function modelOf(type: string, params: object): Model {
  return created(createModel({ type, params }, context));
}

function created<M>(creation: { readonly model: M } | { readonly faults: readonly object[] }): M {
  if ('faults' in creation) throw new Error(JSON.stringify(creation.faults));
  return creation.model;
}
