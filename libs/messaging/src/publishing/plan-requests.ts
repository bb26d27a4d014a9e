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

/**
 * A leader for which something is due gets, in the same request, what waits for its other partitions: due first, at most
 * {@link maxRequestBytes} and a batch. Nothing waits longer for that, and a request costs the same with more in it.
 */
export function planRequests(
  partitions: Iterable<Partition>,
  options: {
    readonly leaderOf: (partition: Partition) => number;
    readonly busy: ReadonlySet<number>;
    readonly dueUntilMs: number;
  },
): Plan {
  const due: Partition[] = [];
  const waiting: Partition[] = [];
  for (const partition of partitions) {
    const dueAtMs = partition.lane.dueAtMs();
    if (dueAtMs !== undefined) (dueAtMs <= options.dueUntilMs ? due : waiting).push(partition);
  }
  const requests = new Map<number, Shipment[]>();
  const bytes = new Map<number, number>();
  const load = (partition: Partition, leader: number): void => {
    const planned = bytes.get(leader) ?? 0;
    if (planned >= maxRequestBytes) return;
    const batch = partition.lane.take();
    if (batch === undefined) return;
    const shipments = requests.get(leader) ?? [];
    requests.set(leader, shipments);
    shipments.push({ partition, batch });
    bytes.set(leader, planned + batch.bytes);
  };
  let leaderless = false;
  for (const partition of due) {
    const leader = options.leaderOf(partition);
    if (leader < 0) leaderless = true;
    else if (!options.busy.has(leader)) load(partition, leader);
  }
  for (const partition of requests.size === 0 ? [] : waiting) {
    const leader = options.leaderOf(partition);
    if (requests.has(leader)) load(partition, leader);
  }
  return { requests, leaderless };
}
