import type { EventContract } from '@myelin/contracts';

export interface TableReaderOptions<Payload> {
  /** An event on a compacted topic that carries the header `myelin-version`. */
  readonly contract: EventContract<Payload>;
  /**
   * Called for every change in the order of its key: never for a version that is older than one already seen of that
   * key, never twice for the same version. `payload` null = the key was deleted. Must not throw.
   */
  readonly onRecord: (key: string, payload: Payload | null, version: number) => void;
}

/** A compacted topic, followed in memory by this process alone. */
export interface TableReader {
  /** Reads everything that was there when it was called, then keeps following; resolves when caught up. */
  start(): Promise<void>;
  /** True once everything that was there at start has been handed to `onRecord`; stays true. */
  readonly caughtUp: boolean;
  /** Milliseconds since the reader last knew itself to be at the end of every partition; undefined before that. */
  readonly lagMs: number | undefined;
  readonly stats: TableReaderStats;
  close(): Promise<void>;
}

export interface TableReaderStats {
  readonly records: number;
  /** Dropped because a newer or the same version of the key had been seen. */
  readonly stale: number;
  /** Dropped because they could not be decoded; logged. */
  readonly invalid: number;
}
