/** hawkBit's, where a rollout does not say. */
export const defaultWeight = 1_000;

/** A rollout that would update a device now: it runs, and the device's wave has begun. */
export interface Candidate {
  /** Id of the rollout. */
  readonly rollout: string;
  /** The heavier one comes first. */
  readonly weight: number;
  readonly createdAtMs: number;
}

/** @returns which rollout is next for a device: the heaviest, then the oldest; undefined without any */
export function chooseForDevice<T extends Candidate>(candidates: readonly T[]): T | undefined {
  return candidates.reduce<T | undefined>((best, each) => (best && !isBefore(each, best) ? best : each), undefined);
}

function isBefore(a: Candidate, b: Candidate): boolean {
  if (a.weight !== b.weight) return a.weight > b.weight;
  if (a.createdAtMs !== b.createdAtMs) return a.createdAtMs < b.createdAtMs;
  // Two of the same millisecond: any order, as long as everybody finds the same.
  return a.rollout < b.rollout;
}
