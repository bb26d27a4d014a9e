import type { Random } from '@myelin/fleet-simulator';

/** The body of a rollout to these devices: waves, speed, conditions and weight as they come. */
export function aRollout(random: Random, release: string, devices: readonly string[]): object {
  const waves = random.chance(0.5)
    ? [10, 30, 60].map((percent) => ({ kind: 'percent', percent }))
    : [
        { kind: 'selector', selector: { devices: devices.slice(0, 3) } },
        ...[40, 60].map((percent) => ({ kind: 'percent', percent })),
      ];
  const perMinute = [300, 1_200, 6_000][Math.floor(random.between(0, 3))] as number;
  const growing = { kind: 'growing', perMinute, factor: 2, everySuccesses: 10, maxPerMinute: 10_000 };
  return {
    ...{ release, target: { devices }, waves, mode: { kind: 'forced' } },
    weight: Math.floor(random.between(0, 1_000)),
    advance: [
      { kind: 'success-share', atLeast: 0.5 },
      { kind: 'soak-time', ms: Math.floor(random.between(200, 2_000)) },
    ],
    pause: [{ kind: 'failure-share', above: 0.3, minimumFailures: 3 }],
    speed: random.chance(0.5) ? growing : { kind: 'constant', perMinute },
    // Short ones are over before a device that is slow under damage has answered.
    timeoutMs: Math.floor(random.between(10_000, 30_000)),
  };
}
