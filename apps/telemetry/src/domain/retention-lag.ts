export interface GroupPositions {
  /** Partition -> committed position; absent where the group never committed. */
  readonly committed: ReadonlyMap<number, bigint>;
  /** Partition -> first record that is younger than the threshold, or the end. */
  readonly youngerFrom: ReadonlyMap<number, bigint>;
  /** Partition -> oldest record that is still there. */
  readonly oldest: ReadonlyMap<number, bigint>;
}

/**
 * Partitions in which the group has not read everything that is older than the threshold. A group that never committed
 * would begin at the oldest record. What is gone already counts as unread, too: the position stands before it.
 */
export function partitionsNearRetention({ committed, youngerFrom, oldest }: GroupPositions): number[] {
  const near: number[] = [];
  for (const [partition, younger] of youngerFrom) {
    if ((committed.get(partition) ?? oldest.get(partition) ?? 0n) < younger) near.push(partition);
  }
  return near.sort((left, right) => left - right);
}
