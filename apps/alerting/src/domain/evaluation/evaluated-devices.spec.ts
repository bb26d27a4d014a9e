import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Condition } from '../rules/rule.js';
import { DeviceEvaluator, type DeviceMemory, newState } from './device-evaluator.js';
import { none } from './device-keys.js';
import { DevicePlan } from './device-plan.js';
import { EvaluatedDevices } from './evaluated-devices.js';
import { RuleProgram } from './rule-program.js';

const absent: Condition = { op: 'absent' };
const planOf = (...conditions: readonly Condition[]): DevicePlan =>
  new DevicePlan(
    conditions.map((when, i) => new RuleProgram({ id: `r${i}`, version: 1, scope: {}, when, severity: 'minor' })),
  );
/** One under which devices may be at rest, and some whose states share chunks or are nearly as long as one. */
const plans = [
  planOf(absent),
  planOf({ metric: 'a', op: '>', value: 3 }),
  planOf(absent, { metric: 'a', op: 'stuck', windowMs: 1_000 }),
  planOf(...Array.from({ length: 100 }, (): Condition => ({ metric: 'a', op: 'changed' }))),
];

const key = fc.nat(30).map((n) => `t/d${n}`);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('place' as const), key, plan: fc.nat(plans.length - 1) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('change' as const), key, value: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), key }) },
);

/** Something that is remembered from then on. */
function change(evaluator: DeviceEvaluator, plan: DevicePlan, value: number): void {
  evaluator.take({ ts: value, values: { a: value } }, () => undefined);
  for (const absence of plan.absences) evaluator.setAbsent(absence, value > 4, value, () => undefined);
}

describe('what is remembered of the devices of a partition', () => {
  test('is of each device as if it were alone, whatever the others do', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
        const devices = new EvaluatedDevices();
        const alone = new Map<string, { plan: DevicePlan; evaluator: DeviceEvaluator }>();
        const memoryOf = (device: number): DeviceMemory =>
          new DeviceEvaluator(devices.planOf(device), devices.stateOf(device)).memory();
        for (const one of steps) {
          const device = devices.find(one.key);
          const known = alone.get(one.key);
          if (one.kind === 'place') {
            const plan = plans[one.plan] as DevicePlan;
            alone.set(one.key, { plan, evaluator: new DeviceEvaluator(plan) });
            if (device === none) devices.add(one.key, 't', plan, newState(plan));
            else devices.move(device, plan, newState(plan));
          } else if (known !== undefined && one.kind === 'change') {
            change(known.evaluator, known.plan, one.value);
            change(devices.evaluator(device), known.plan, one.value);
          } else if (known !== undefined) {
            alone.delete(one.key);
            devices.remove(device);
          }
        }
        for (const [name, { evaluator }] of alone) expect(memoryOf(devices.find(name))).toEqual(evaluator.memory());
        expect([...devices.all()].map((device) => devices.keyOf(device)).sort()).toEqual([...alone.keys()].sort());
      }),
      { numRuns: 60 },
    );
  });

  test('says which devices were touched since it was asked last, and which have followed', () => {
    const devices = new EvaluatedDevices();
    const [plan] = plans as [DevicePlan];
    const all = ['t/a', 't/b', 't/c'].map((one) => devices.add(one, 't', plan, newState(plan)));
    for (const device of all) devices.follow(device, 1, { revision: 2 ** 40 });
    devices.touch(all[2] as number);
    devices.touch(all[0] as number);
    expect([devices.takeTouched(), devices.takeTouched()]).toEqual([[all[0], all[2]], []]);
    expect(devices.hasFollowed(all[1] as number, 1, 2 ** 40)).toBe(true);
    expect(devices.hasFollowed(all[1] as number, 1, 2 ** 40 + 1)).toBe(false);
    expect(devices.hasFollowed(all[1] as number, 2, 2 ** 40)).toBe(false);
  });
});
