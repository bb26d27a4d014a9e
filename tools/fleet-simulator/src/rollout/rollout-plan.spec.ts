import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { defaultUpdateFaults } from '../ddi/update-faults.js';
import { leastTargets, planRollout, pausingFailures, rings, rolloutScenarios } from './rollout-plan.js';

const numbered = (count: number): number[] => Array.from({ length: count }, (_, nth) => nth);
const settings = { targets: numbered(180), scenario: 'rollout', faults: defaultUpdateFaults, seed: 1 } as const;

describe('the plan of a rollout', () => {
  test('has every target in one of three waves, a small canary first', () => {
    const plan = planRollout(settings);
    const sizes = rings.map((ring) => [...plan.values()].filter((one) => one.ring === ring).length);
    expect(sizes).toEqual([9, 54, 117]);
    expect([...plan.keys()].sort((a, b) => a - b)).toEqual(settings.targets);
  });

  test('is the same for the same seed, and another one for another', () => {
    expect(planRollout(settings)).toEqual(planRollout(settings));
    expect(planRollout(settings)).not.toEqual(planRollout({ ...settings, seed: 2 }));
  });

  test('hits no greater share of any wave than wanted, whatever the fleet, so that a rollout succeeds', () => {
    const counts = fc.record({ count: fc.integer({ min: leastTargets, max: 300 }), seed: fc.nat() });
    fc.assert(
      fc.property(counts, ({ count, seed }) => {
        const plan = [...planRollout({ ...settings, targets: numbered(count), seed }).values()];
        for (const ring of rings) {
          const wave = plan.filter((one) => one.ring === ring);
          const hit = (fault: keyof typeof defaultUpdateFaults) => wave.filter(({ faults }) => faults[fault] === 1);
          expect(wave.length).toBeGreaterThan(0);
          for (const fault of Object.keys(defaultUpdateFaults) as (keyof typeof defaultUpdateFaults)[])
            expect(hit(fault).length).toBeLessThanOrEqual(defaultUpdateFaults[fault] * wave.length);
        }
      }),
    );
  });

  test('of the fleet that is the default lets some fail, and one fall silent', () => {
    const plan = [...planRollout(settings).values()];
    expect(plan.filter(({ faults }) => faults.failure === 1)).toHaveLength(7);
    expect(plan.filter(({ faults }) => faults.silence === 1)).toHaveLength(1);
  });

  test('of a firmware that fails lets it fail everywhere, and more of the canary than it takes to pause', () => {
    for (const count of [leastTargets, 20, 180]) {
      const plan = planRollout({ ...settings, scenario: 'failing-firmware', targets: numbered(count) });
      const canary = [...plan.values()].filter(({ ring }) => ring === 'canary');
      expect([...plan.values()].every(({ faults }) => faults.failure === 1 && faults.silence === 0)).toBe(true);
      expect(canary.length).toBeGreaterThanOrEqual(pausingFailures(plan));
    }
  });

  test.each(rolloutScenarios)('is empty where there are too few devices for three waves (%s)', (scenario) => {
    expect(planRollout({ ...settings, scenario, targets: numbered(leastTargets - 1) }).size).toBe(0);
  });
});
