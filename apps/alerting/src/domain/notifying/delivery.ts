import type { Notification } from './notification.js';

/** What came of one try to deliver. Its words are ours alone: nothing that a receiver answered, no address, no secret. */
export type TryOutcome =
  | { readonly kind: 'delivered' }
  /** It may work later. */
  | { readonly kind: 'failed'; readonly error: string; readonly retryAfterMs?: number }
  /** It never will. */
  | { readonly kind: 'refused'; readonly error: string };

/** One notification on its way, taken by one process for one try. */
export interface ClaimedDelivery {
  /** The same for every try: what receivers can tell repetitions by. */
  readonly id: string;
  readonly tenant: string;
  readonly notification: Notification;
  /** Which try this is, from 1. */
  readonly tries: number;
  /** How many tries failed, or were never ended, since it was put into the ledger or sent again. */
  readonly failures: number;
  /** Since it was put into the ledger or sent again. */
  readonly ageMs: number;
  /** Whoever holds the delivery holds this; who lost it cannot record. */
  readonly claim: string;
  /** Of what led to the notification. */
  readonly traceparent?: string | null;
}

export type NextStep =
  | { readonly state: 'delivered' }
  | { readonly state: 'pending'; readonly delayMs: number }
  | { readonly state: 'parked' };

/** Where deliveries wait, and each try is written down. Several processes may share one. */
export interface DeliveryLedger {
  /**
   * Takes deliveries that are due for one try each: of a group the oldest only, of a receiver one at a time. Nobody else
   * gets them for `leaseMs`; afterwards the process that took them is taken for dead, and they are tried again.
   */
  claim(leaseMs: number, limit: number): Promise<ClaimedDelivery[]>;
  /** False: the lease was over and somebody else has it; nothing was recorded. */
  record(delivery: ClaimedDelivery, outcome: TryOutcome, next: NextStep): Promise<boolean>;
}

export interface DeliverySchedule {
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
  /** What is older and fails is parked. */
  readonly maxAgeMs: number;
}

export const defaultSchedule: DeliverySchedule = {
  initialDelayMs: 5_000,
  maxDelayMs: 600_000,
  maxAgeMs: 86_400_000,
};

/**
 * What follows a try: after failures 1/2 to 1 times 5 s, 10 s, 20 s ... up to the longest delay, or what the receiver
 * asks for if that is longer; parked when refused or too old.
 * @param random from 0 to below 1, so that those that failed together do not come back together
 */
export function afterTry(
  { failures, ageMs }: Pick<ClaimedDelivery, 'failures' | 'ageMs'>,
  outcome: TryOutcome,
  schedule: DeliverySchedule,
  random: number,
): NextStep {
  if (outcome.kind === 'delivered') return { state: 'delivered' };
  if (outcome.kind === 'refused' || ageMs >= schedule.maxAgeMs) return { state: 'parked' };
  const ceilingMs = Math.min(schedule.maxDelayMs, schedule.initialDelayMs * 2 ** Math.min(failures, 30));
  const ownMs = Math.ceil(ceilingMs * (0.5 + random / 2));
  return { state: 'pending', delayMs: Math.max(ownMs, Math.min(outcome.retryAfterMs ?? 0, 3_600_000)) };
}
