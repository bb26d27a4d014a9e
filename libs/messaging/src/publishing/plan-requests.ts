import type { Batch, PartitionLane } from './partition-lane.js';

/** A partition that is published to. */
export interface Partition {
  readonly topic: string;
  readonly index: number;
  readonly lane: PartitionLane;
  /** Sequence number of the next record that was not written yet, for the current producer identity. */
  sequence: number;
}

export interface Shipment {
  readonly partition: Partition;
  readonly batch: Batch;
}

export interface Plan {
  /** Leader -> what goes to it in one request; the batches are taken from their lanes. */
  readonly requests: ReadonlyMap<number, readonly Shipment[]>;
  /** True when something is due for a partition that nobody leads. */
  readonly leaderless: boolean;
}

const maxRequestBytes = 4 * 1024 * 1024;

/** Takes every batch that is due and whose leader is free, at most {@link maxRequestBytes} and a batch per leader. */
export function planRequests(
  partitions: Iterable<Partition>,
  options: {
    readonly leaderOf: (partition: Partition) => number;
    readonly busy: ReadonlySet<number>;
    readonly dueUntilMs: number;
  },
): Plan {
  const requests = new Map<number, Shipment[]>();
  const bytes = new Map<number, number>();
  let leaderless = false;
  for (const partition of partitions) {
    const dueAtMs = partition.lane.dueAtMs();
    if (dueAtMs === undefined || dueAtMs > options.dueUntilMs) continue;
    const leader = options.leaderOf(partition);
    if (leader < 0) leaderless = true;
    const planned = bytes.get(leader) ?? 0;
    if (leader < 0 || options.busy.has(leader) || planned >= maxRequestBytes) continue;
    const batch = partition.lane.take();
    if (batch === undefined) continue;
    const shipments = requests.get(leader) ?? [];
    requests.set(leader, shipments);
    shipments.push({ partition, batch });
    bytes.set(leader, planned + batch.bytes);
  }
  return { requests, leaderless };
}
