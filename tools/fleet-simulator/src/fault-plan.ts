import type { Random } from './random.js';

/** Shares are probabilities per message in [0, 1]. */
export interface FaultShares {
  /** Sent once more after it was acknowledged. */
  readonly duplicates: number;
  /** Held back by up to three reports, so that later ones overtake it. */
  readonly disorder: number;
  /** Held back by 5 to 20 seconds. */
  readonly lateness: number;
  /** The device does not see the answer (the ledger does) and sends the message again. */
  readonly lostAcknowledgements: number;
  /** Half-width in milliseconds of the devices' constant clock errors. */
  readonly clockSkewMs: number;
}

export const defaultFaults: FaultShares = {
  duplicates: 0.01,
  disorder: 0.05,
  lateness: 0,
  lostAcknowledgements: 0.01,
  clockSkewMs: 0,
};

/** How long a message that is overtaken is held back, in report intervals. */
const overtakenIntervals = { from: 1.1, to: 3.1 };
const lateMs = { from: 5_000, to: 20_000 };

/** The longest that a message may be held back. */
export function longestHoldMs({ disorder, lateness }: FaultShares, intervalMs: number): number {
  return Math.max(disorder > 0 ? overtakenIntervals.to * intervalMs : 0, lateness > 0 ? lateMs.to : 0);
}

export interface MessagePlan {
  readonly holdMs: number;
  readonly duplicate: boolean;
  readonly loseAcknowledgement: boolean;
}

/** What goes wrong with one message. Draws the same count of numbers whatever comes out. */
export function planMessage(shares: FaultShares, intervalMs: number, random: Random): MessagePlan {
  const duplicate = random.chance(shares.duplicates);
  const disordered = random.chance(shares.disorder);
  const overtakenMs = random.between(overtakenIntervals.from, overtakenIntervals.to) * intervalMs;
  const late = random.chance(shares.lateness);
  const lateByMs = random.between(lateMs.from, lateMs.to);
  const loseAcknowledgement = random.chance(shares.lostAcknowledgements);
  return { holdMs: late ? lateByMs : disordered ? overtakenMs : 0, duplicate, loseAcknowledgement };
}
