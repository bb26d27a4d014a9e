import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inOrderOf } from './device-order.js';
import type { UpdatableDevice } from './find-obstacle.js';
import { type PlanDefinition, devicesOfWave, planWaves } from './plan-waves.js';
import type { WaveDefinition } from './wave-definition.js';
import { faultInWaves } from './wave-definition.js';
import { countedOut, sharedOut } from './wave-sizes.js';

const release = { profile: 'thermometer', version: '2.0.0', hardwareIds: ['board-a'], minimumVersion: '1.2' };
const definition = (waves: readonly WaveDefinition[], members: Partial<PlanDefinition> = {}): PlanDefinition => ({
  ...{ rollout: 'r-1', release, target: {}, waves, ...members },
});
const device = (name: string, members: Partial<UpdatableDevice> = {}): UpdatableDevice => ({
  ...{ device: name, profile: 'thermometer', labels: {}, lifecycle: 'active', ...members },
});
const fleet = (size: number): UpdatableDevice[] => Array.from({ length: size }, (_, i) => device(`dev-${i}`));
const percents = (...list: number[]): WaveDefinition[] => list.map((percent) => ({ kind: 'percent', percent }));
const wavesOf = (plan: ReturnType<typeof planWaves>): string[][] =>
  plan.sizes.map((_, wave) => [...devicesOfWave(plan, wave)]);

describe('the order of devices', () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-zé0-9._:-]{1,12}$/u), { maxLength: 40 });

  test('more devices do not change the order of the others', () => {
    fc.assert(
      fc.property(names, fc.integer({ min: 0 }), (all, mask) => {
        const some = all.filter((_, i) => (mask >> (i % 31)) & 1);
        const ordered = [...inOrderOf('r', all)].map((i) => all[i]!);
        expect([...inOrderOf('r', some)].map((i) => some[i]!)).toEqual(ordered.filter((name) => some.includes(name)));
      }),
    );
  });

  test('it is the same for ever, and another one for every rollout', () => {
    const all = ['a', 'b', 'c', 'd', 'e', 'f', 'gerät'];
    expect([...inOrderOf('r-1', all)].map((i) => all[i])).toEqual(['d', 'e', 'c', 'b', 'gerät', 'f', 'a']);
    expect([...inOrderOf('r-2', all)].map((i) => all[i])).toEqual(['b', 'c', 'gerät', 'f', 'e', 'd', 'a']);
  });

  test('neighbours by name are spread over the whole order', () => {
    const all = fleet(20_000).map((each) => each.device);
    const firstTenth = [...inOrderOf('r', all)].slice(0, 2_000);
    for (let part = 0; part < 10; part += 1) {
      const found = firstTenth.filter((number) => Math.floor(number / 2_000) === part).length;
      expect(found).toBeGreaterThan(140);
      expect(found).toBeLessThan(260);
    }
  });
});

describe('sizes of waves', () => {
  test('what percents round off goes to those that lost most by it', () => {
    expect(sharedOut(10, [33.33, 33.33, 33.34])).toEqual([3, 3, 4]);
    expect(sharedOut(101, [1, 9, 90])).toEqual([1, 9, 91]);
  });

  test('the canary is not rounded away', () => {
    expect(sharedOut(20, [1, 99])).toEqual([1, 19]);
    expect(sharedOut(1, [1, 99])).toEqual([0, 1]);
  });

  test('every device has a wave', () => {
    const parts = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(parts, fc.nat(5_000), (weights, devices) => {
        const total = weights.reduce((sum, each) => sum + each, 0);
        const hundredths = weights.map((each) => Math.floor((each * 10_000) / total));
        hundredths[0]! += 10_000 - hundredths.reduce((sum, each) => sum + each, 0);
        const sizes = sharedOut(
          devices,
          hundredths.map((each) => each / 100),
        );
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(devices);
        if (devices >= weights.length) expect(Math.min(...sizes)).toBeGreaterThan(0);
      }),
    );
  });

  test('who is left after the counts is one more wave', () => {
    expect(countedOut(10, [1, 3])).toEqual([1, 3, 6]);
    expect(countedOut(3, [1, 3])).toEqual([1, 2]);
    expect(countedOut(1, [1, 3])).toEqual([1, 0]);
  });

  test.each([
    [[], 'must be 1 to 100 waves'],
    [percents(50, 49), 'percents must be 100 together'],
    [percents(0, 100), 'percent must be from 0.01 to 100, with at most two decimals'],
    [percents(0.001, 99.999), 'percent must be from 0.01 to 100, with at most two decimals'],
    [[...percents(100), { kind: 'count', count: 1 }], 'must not mix percents and counts'],
    [[...percents(100), { kind: 'selector', selector: {} }], 'must come before percents and counts'],
    [[{ kind: 'count', count: 0.5 }], 'count must be a whole number from 1 to 10000000'],
  ] as [WaveDefinition[], string][])('waves are refused: %j', (waves, detail) => {
    expect(faultInWaves(waves)?.detail).toBe(detail);
  });

  test('percents of two decimals that are 100 together are accepted', () => {
    expect(faultInWaves(percents(0.1, 0.2, 99.7))).toBeUndefined();
    expect(
      faultInWaves([
        { kind: 'selector', selector: {} },
        { kind: 'count', count: 5 },
      ]),
    ).toBeUndefined();
  });
});

describe('a plan', () => {
  test('does not depend on the order in which devices are given', () => {
    const all = fleet(50);
    const waves = percents(10, 40, 50);
    expect(wavesOf(planWaves(definition(waves), all.toReversed()))).toEqual(wavesOf(planWaves(definition(waves), all)));
  });

  test('takes the canaries first, and shares out who is left', () => {
    const waves: WaveDefinition[] = [
      { kind: 'selector', selector: { devices: ['dev-3', 'dev-9', 'dev-99'] } },
      ...percents(50, 50),
    ];
    const [canary, ...rest] = wavesOf(planWaves(definition(waves), fleet(12)));
    expect(canary?.toSorted()).toEqual(['dev-3', 'dev-9']);
    expect(rest.map((wave) => wave.length)).toEqual([5, 5]);
    expect(new Set(rest.flat()).size).toBe(10);
  });

  test.each([
    [{ lifecycle: 'suspended' }, 'lifecycle'],
    [{ lifecycle: 'retired' }, 'lifecycle'],
    [{ lifecycle: 'provisioned' }, 'lifecycle'],
    [{ lifecycle: 'quarantined' }, undefined],
    [{ profile: 'gateway' }, 'wrong-profile'],
    [{ hardware: 'board-b' }, 'hardware-mismatch'],
    [{ hardware: 7 }, 'hardware-unknown'],
    [{ hardware: 'board-a' }, undefined],
    [{}, undefined],
    [{ runningVersion: '1.1.9' }, 'version-too-old'],
    [{ runningVersion: '1.10.0' }, undefined],
    [{ runningVersion: '1.2.0-rc.1' }, 'version-too-old'],
    [{ runningVersion: '2.0.0' }, 'already-installed'],
  ] as [Partial<UpdatableDevice>, string | undefined][])('a device with %j: %s', (members, reason) => {
    const plan = planWaves(definition(percents(100)), [device('dev-1', members)]);
    expect(plan.skipped).toEqual(reason === undefined ? [] : [{ device: 'dev-1', reason }]);
    expect(plan.skippedBy).toEqual(reason === undefined ? {} : { [reason]: 1 });
    expect(plan.sizes).toEqual([reason === undefined ? 1 : 0]);
  });

  test('where hardware must be known, devices that do not say stay out', () => {
    const strict = definition(percents(100), { release: { ...release, isHardwareRequired: true } });
    expect(planWaves(strict, fleet(1)).skippedBy).toEqual({ 'hardware-unknown': 1 });
  });

  test('knows nothing of devices that are not its target', () => {
    const target = { sites: ['plant-1'], labels: { line: ['4', '5'] } };
    const plan = planWaves(definition(percents(100), { target }), [
      device('in', { site: 'plant-1', labels: { line: '5' } }),
      device('elsewhere', { site: 'plant-2', labels: { line: '5' } }),
      device('nowhere', { labels: { line: '5' } }),
      device('other line', { site: 'plant-1', labels: { line: '6' } }),
      device('no line', { site: 'plant-1', lifecycle: 'retired' }),
    ]);
    expect(wavesOf(plan)).toEqual([['in']]);
    expect(plan.skipped).toEqual([]);
  });

  test('has room for more devices than were foreseen', () => {
    const plan = planWaves(definition([{ kind: 'count', count: 1_500 }]), fleet(5_000));
    expect(plan.sizes).toEqual([1_500, 3_500]);
    expect(new Set(wavesOf(plan).flat()).size).toBe(5_000);
  });
});

describe('what a plan says of nobody', () => {
  const selector = (devices: string[]): WaveDefinition => ({ kind: 'selector', selector: { devices } });
  const waves = [selector(['dev-0']), selector(['dev-7']), selector(['old']), ...percents(100)];
  const devices = [...fleet(3), device('old', { lifecycle: 'retired' }), device('cam', { profile: 'camera' })];

  test('a selector that matches nobody is named, one whose devices are all left out is not', () => {
    const { sizes, unmatchedWaves, missing } = planWaves(definition(waves), devices);
    expect({ sizes, unmatchedWaves, missing }).toEqual({
      ...{ sizes: [1, 0, 0, 2], unmatchedWaves: [1], missing: ['dev-7'] },
    });
  });

  test('a device outside of the target is not missing, and matches no wave', () => {
    const target = { profiles: ['thermometer'] };
    const { unmatchedWaves, missing } = planWaves(
      definition([selector(['cam']), ...percents(100)], { target }),
      devices,
    );
    expect({ unmatchedWaves, missing }).toEqual({ unmatchedWaves: [0], missing: [] });
  });
});
