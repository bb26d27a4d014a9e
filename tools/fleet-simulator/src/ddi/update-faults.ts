import type { Random } from '../random.js';

/** How far a device is with an update. Power may be lost, and a device fall silent, at the end of each. */
export const updateSteps = [
  ...(['read', 'announced', 'downloading', 'downloaded', 'installing', 'installed', 'reported'] as const),
];
export type UpdateStep = (typeof updateSteps)[number];

/** Shares are probabilities per update in [0, 1]. */
export interface UpdateFaultShares {
  /** The new firmware does not start: the device reports it and runs the old one. */
  readonly failure: number;
  /** The device is never heard again, from some step on. */
  readonly silence: number;
  /** Power is lost at some step, once. */
  readonly powerLoss: number;
  /** The connection of a download breaks on the way, once. */
  readonly brokenDownload: number;
}

export const noUpdateFaults: UpdateFaultShares = { failure: 0, silence: 0, powerLoss: 0, brokenDownload: 0 };

/** Modest: a rollout succeeds in spite of them. */
export const defaultUpdateFaults: UpdateFaultShares = {
  failure: 0.05,
  silence: 0.01,
  powerLoss: 0.05,
  brokenDownload: 0.1,
};

/** What goes wrong with one update of one device. */
export interface UpdatePlan {
  readonly fails: boolean;
  readonly silentAt?: UpdateStep | undefined;
  readonly powerLossAt?: UpdateStep | undefined;
  /** After which share of the bytes, in [0, 1), the connection breaks, or power or voice are lost while downloading. */
  readonly breaksAfter: number;
  readonly breaks: boolean;
}

/** Draws the same count of numbers whatever comes out. */
export function planUpdate(shares: UpdateFaultShares, random: Random): UpdatePlan {
  const fails = random.chance(shares.failure);
  const silent = random.chance(shares.silence);
  const silentAt = stepOf(random);
  const losesPower = random.chance(shares.powerLoss);
  const powerLossAt = stepOf(random);
  const breaks = random.chance(shares.brokenDownload);
  const breaksAfter = random.next();
  return {
    ...{ fails, breaks, breaksAfter },
    ...(silent && { silentAt }),
    ...(losesPower && { powerLossAt }),
  };
}

function stepOf(random: Random): UpdateStep {
  return updateSteps[Math.floor(random.between(0, updateSteps.length))] as UpdateStep;
}
