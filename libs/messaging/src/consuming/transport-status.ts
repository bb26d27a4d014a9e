export type PartitionState =
  /** Waiting for records. */
  | 'idle'
  | 'working'
  /** A transient failure; the same records are tried again after a pause. */
  | 'retrying'
  /** Stopped for good, see `lastError`; other partitions go on. */
  | 'halted';

export interface PartitionError {
  /** A {@link CodedError}'s code, e.g. `messaging.offset-out-of-range`, or the name of the error's class. */
  readonly code: string;
  readonly message: string;
  readonly atMs: number;
}

export interface PartitionStatus {
  readonly topic: string;
  readonly partition: number;
  readonly state: PartitionState;
  /** The next position to commit. */
  readonly position: bigint | undefined;
  /** Records behind the end of the partition, as of the last fetch. */
  readonly lag: bigint;
  readonly haltedKeys: number;
  readonly lastError: PartitionError | undefined;
}

export interface GroupStatus {
  readonly group: string;
  /** `joining` also while the broker is away. */
  readonly state: 'joining' | 'member' | 'closed';
  readonly partitions: readonly PartitionStatus[];
  readonly lastError: string | undefined;
  readonly parkedRecords: number;
  /** Records of event types that no handler of the group takes. */
  readonly filteredRecords: number;
}

export interface TransportStatus {
  readonly groups: readonly GroupStatus[];
}
