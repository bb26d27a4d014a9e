import { describe, expect, test } from '@jest/globals';
import { createModel, limitForecast, type Model } from '@myelin/detectors';
import fc from 'fast-check';
import type { Leaf } from '../rules/rule.js';
import { DeviceEvaluator } from './device-evaluator.js';
import { DevicePlan } from './device-plan.js';
import { RuleProgram } from './rule-program.js';

const made = (creation: object): Model => (creation as { model: Model }).model;
const forecast = { limit: 60, horizonMs: 600_000, windowMs: 300_000, warmUp: 5 };
const cases: [Leaf, Model][] = [
  [
    { metric: 'a', op: 'anomaly', model: { type: 'ewma-z', params: { span: 20, warmUp: 10 } } },
    made(createModel({ type: 'ewma-z', params: { span: 20, warmUp: 10 } }, { offsetMsAt: () => 0 })),
  ],
  [{ metric: 'a', op: 'reaches', forecast }, made(limitForecast.create(forecast))],
];

describe('a condition with a model', () => {
  test.each(cases)('holds at the readings that the model finds, also after a restart: %j', (when, model) => {
    const values = fc.array(fc.oneof(fc.integer({ min: 40, max: 44 }), fc.integer({ min: 0, max: 90 })), {
      maxLength: 120,
    });
    fc.assert(
      fc.property(values, fc.nat(119), (readings, restartAt) => {
        const plan = new DevicePlan([new RuleProgram({ id: 'r', version: 1, scope: {}, when, severity: 'minor' })]);
        let device = new DeviceEvaluator(plan);
        const state = new Float64Array(model.slots);
        model.start(state);
        let active = false;
        readings.forEach((a, i) => {
          if (i === restartAt) {
            const memory = device.memory();
            device = new DeviceEvaluator(plan);
            device.recall(memory);
          }
          device.take({ ts: i * 10_000, values: { a } }, ({ kind }) => void (active = kind === 'raised'));
          expect(active).toBe(model.isAnomalous(model.step(state, i * 10_000, a)));
        });
      }),
    );
  });

  test('is unknown where the value is none that a model takes, and learns nothing from it', () => {
    const [[when]] = cases as [(typeof cases)[number]];
    const device = new DeviceEvaluator(
      new DevicePlan([new RuleProgram({ id: 'r', version: 1, scope: {}, when: { not: when }, severity: 'minor' })]),
    );
    const seen: string[] = [];
    [...Array<number>(15).fill(5), 'five', 1e300, 5].forEach((a, i) =>
      device.take({ ts: i, values: { a } }, ({ kind, atMs }) => void seen.push(`${kind} ${atMs}`)),
    );
    expect(seen).toEqual(['raised 10', 'cleared 15', 'raised 17']);
  });
});
