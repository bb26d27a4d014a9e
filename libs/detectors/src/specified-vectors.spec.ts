import { describe, expect, test } from '@jest/globals';
import { holtWinters, holtWintersLayout } from './holt-winters.js';
import type { Model } from './model.js';
import { createModel } from './model-kinds.js';

const learnsEverything = 1e6;

/** Alert rules, section 9: the numbers stated there, to as many places. */
describe('the vectors of the specification', () => {
  test('9.2: z is scored before the update, and mean and variance end where they should', () => {
    const params = { span: 19, mean: 10, deviation: 1, clip: learnsEverything };
    const { state, deviations } = run(modelOf('ewma-z', params), [10, 11, 9, 10, 15]);
    expect(deviations.map((z) => Number(z.toFixed(4)))).toEqual([0, 1.0541, -1.1595, 0.0104, 5.508]);
    expect([...state].slice(2).map((moment) => Number(moment.toFixed(6)))).toEqual([
      expect.closeTo(10.4919, 4),
      3.002424,
    ]);
  });

  test('9.4: the upper sum of CUSUM', () => {
    const { deviations } = run(modelOf('cusum', { mean: 0, deviation: 1, slack: 0.5 }), [0.2, 0.8, 1.2, 1.5, 1.1, 2]);
    expect(deviations.map((sum) => Number(sum.toFixed(9)))).toEqual([0, 0.3, 1, 2, 2.6, 4.1]);
  });

  test('9.7: forecast, band and update of Holt and Winters', () => {
    const params = {
      ...{ intervalMs: 1000, season: 4, alpha: 0.5, beta: 0.1, gamma: 0.3, threshold: 3 },
      ...{ violations: 1, window: 1, clip: learnsEverything },
    };
    const creation = holtWinters.create(params, { offsetMsAt: () => 0 });
    if ('faults' in creation) throw new Error('refused');
    const { model } = creation;
    const state = new Float64Array(model.slots);
    model.start(state);
    model.step(state, 0, 0);
    const at = holtWintersLayout(1, 4);
    state.set([10, 0], at.level);
    state.set([1, -1, 2, -2], at.season);
    state.set([1, 1, 1, 1], at.band);
    state[at.lastStep] = 7;
    const deviations = [11, 9, 12, 8].map((value, index) => model.step(state, 8000 + 1000 * index, value));
    expect(deviations).toEqual([0, 0, 0, 0]);
    expect([...state.subarray(at.band)]).toEqual([0.7, 0.7, 0.7, 0.7]);
    const violation = model.step(state, 12_000, 20);
    expect(violation).toBeCloseTo(9 / 0.7, 12);
    expect(model.isAnomalous(violation)).toBe(true);
    expect(state[at.level]).toBeCloseTo(14.5, 12);
    expect(state[at.trend]).toBeCloseTo(0.45, 12);
    expect(state[at.season]).toBeCloseTo(2.35, 12);
    expect(state[at.band]).toBeCloseTo(3.19, 12);
  });
});

function modelOf(type: string, params: object): Model {
  const creation = createModel({ type, params }, { offsetMsAt: () => 0 });
  if ('faults' in creation) throw new Error(JSON.stringify(creation.faults));
  return creation.model;
}

function run(model: Model, values: readonly number[]): { state: Float64Array; deviations: number[] } {
  const state = new Float64Array(model.slots);
  model.start(state);
  return { state, deviations: values.map((value, index) => model.step(state, index * 1000, value)) };
}
