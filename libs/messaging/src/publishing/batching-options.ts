export interface BatchingOptions {
  readonly lingerMs: number;
  readonly maxBatchBytes: number;
  readonly maxBatchRecords: number;
  readonly maxQueuedBytes: number;
  readonly maxQueuedRecords: number;
  readonly deliveryTimeoutMs: number;
  /** How long nothing may be acknowledged, while something fails, before the publisher calls the broker away. */
  readonly awayAfterMs: number;
  readonly connectTimeoutMs: number;
  /** A refused record takes with it what is queued behind it under its key. Otherwise each record stands for itself. */
  readonly refusedHoldsKey: boolean;
}
