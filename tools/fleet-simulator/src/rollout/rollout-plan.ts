import { noUpdateFaults, type UpdateFaultShares } from '../ddi/update-faults.js';
import { Random } from '../random.js';

/** In the order of the waves. */
export const rings = ['canary', 'early', 'rest'] as const;
export type Ring = (typeof rings)[number];

/** `failing-firmware`: the new firmware starts on no device. */
export const rolloutScenarios = ['rollout', 'failing-firmware'] as const;
export type RolloutScenario = (typeof rolloutScenarios)[number];

export interface RolloutPlanSettings {
  /** Numbers of the devices that may be updated. */
  readonly targets: readonly number[];
  readonly scenario: RolloutScenario;
  readonly faults: UpdateFaultShares;
  readonly seed: number;
}

export interface PlannedUpdate {
  readonly ring: Ring;
  /** Each share is 0 or 1: what happens to the device is settled. */
  readonly faults: UpdateFaultShares;
}

/** With fewer there are no three waves of which the first can tell anything. */
export const leastTargets = 4;
const leastCanary = 2;
const canaryShare = 0.05;
const earlyShare = 0.3;

/**
 * Who is in which wave, and what goes wrong there, drawn from the seed. Of each wave no greater share than wanted is hit, so that a
 * small canary has no bad luck. Empty with too few devices.
 */
export function planRollout(settings: RolloutPlanSettings): ReadonlyMap<number, PlannedUpdate> {
  const { targets, seed } = settings;
  if (targets.length < leastTargets) return new Map();
  // Neither the draws of message faults nor those of incidents.
  const random = new Random(seed ^ 0x0f1a3b5e);
  const shuffled = inAnyOrder(targets, random);
  const canary = Math.max(leastCanary, Math.round(canaryShare * targets.length));
  const early = Math.max(1, Math.round(earlyShare * targets.length));
  const ends = [canary, canary + early, targets.length];
  return new Map(
    rings.flatMap((ring, nth) => {
      const devices = shuffled.slice(ends[nth - 1] ?? 0, ends[nth]);
      const hit = faultsOf(devices, settings, random);
      return devices.map((device): [number, PlannedUpdate] => [device, { ring, faults: hit(device) }]);
    }),
  );
}

/** How many failures say that it is the firmware, in a wave of any size. */
export function pausingFailures(plan: ReadonlyMap<number, PlannedUpdate>): number {
  const canary = [...plan.values()].filter(({ ring }) => ring === 'canary').length;
  return Math.max(leastCanary, Math.ceil(canary / 2));
}

function faultsOf(
  devices: readonly number[],
  { scenario, faults }: RolloutPlanSettings,
  random: Random,
): (device: number) => UpdateFaultShares {
  if (scenario === 'failing-firmware') return () => ({ ...noUpdateFaults, failure: 1 });
  const drawn = (share: number): ReadonlySet<number> =>
    new Set(inAnyOrder(devices, random).slice(0, Math.floor(share * devices.length)));
  const failing = drawn(faults.failure);
  const silent = drawn(faults.silence);
  const powerless = drawn(faults.powerLoss);
  const broken = drawn(faults.brokenDownload);
  const isIn = (set: ReadonlySet<number>, device: number): number => (set.has(device) ? 1 : 0);
  return (device) => ({
    ...{ failure: isIn(failing, device), silence: isIn(silent, device) },
    ...{ powerLoss: isIn(powerless, device), brokenDownload: isIn(broken, device) },
  });
}

function inAnyOrder(numbers: readonly number[], random: Random): number[] {
  const keyed = numbers.map((number) => ({ number, key: random.next() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ number }) => number);
}
