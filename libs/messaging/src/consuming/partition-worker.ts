import { isRetryable } from '@myelin/kernel';
import { Backoff, type BackoffLimits } from '../backoff.js';
import type { FetchedBatch, FetchedRecord } from '../client/port.js';
import { MessagingError } from '../messaging.errors.js';
import { classOf, messageOf } from './dead-letter-writer.js';
import type { PartitionState, PartitionStatus } from './transport-status.js';

export interface WorkerLimits {
  readonly maxBatchRecords: number;
  readonly maxQueuedBytes: number;
  readonly retry: BackoffLimits;
}

/** A run of records of one partition, without a gap. */
export interface Stretch {
  readonly records: readonly FetchedRecord[];
  /** Position before and after, offsets without a record included. */
  readonly from: bigint;
  readonly next: bigint;
  readonly highWatermark: bigint;
}

export interface WorkerPorts {
  /**
   * Processes or parks every record; false when it stopped short because the worker is ending. Calls `advance` on the
   * way with positions up to which all is done.
   */
  process(stretch: Stretch, worker: PartitionWorker): Promise<boolean>;
  pause(): void;
  resume(): void;
  /** False once others may own the partition. */
  confirmed(): boolean;
  /** The position moved. */
  advanced(): void;
}

/** Fetched records of one partition, for as long as this member has it: queue, position, state. */
export class PartitionWorker {
  private readonly aborter = new AbortController();
  private readonly queue: FetchedBatch[] = [];
  private attempts = 0;
  private queuedBytes = 0;
  private paused = false;
  private closing = false;
  private wake: (() => void) | undefined;
  private state: PartitionState = 'idle';
  private lastError: PartitionStatus['lastError'];
  private highWatermark = 0n;
  private expected: bigint | undefined;
  private processed: bigint | undefined;
  haltedKeys = 0;
  /** The position last committed for this membership. */
  committed: bigint | undefined;
  readonly finished: Promise<void>;

  constructor(
    readonly topic: string,
    readonly partition: number,
    private readonly limits: WorkerLimits,
    private readonly ports: WorkerPorts,
    /** Where the owner of the records says to begin; undefined = wherever the group's offsets are. */
    startAt: bigint | undefined,
    /** An earlier worker of the same partition that has not come back from its handler yet. */
    predecessor: Promise<void> | undefined,
  ) {
    this.expected = this.processed = startAt;
    this.finished = this.live(predecessor);
  }

  get signal(): AbortSignal {
    return this.aborter.signal;
  }

  /** No more work is to be begun. */
  get ending(): boolean {
    return this.closing || !this.ports.confirmed();
  }

  /** False once what is in hand may belong to another member. */
  get mayDeliver(): boolean {
    return !this.signal.aborted && this.ports.confirmed();
  }

  /** Everything before it is processed or parked; undefined before the first record. */
  get position(): bigint | undefined {
    return this.processed;
  }

  /** false: not the next records, or no more are wanted. */
  offer(batch: FetchedBatch): boolean {
    if (this.closing || this.signal.aborted || this.state === 'halted') return false;
    if (this.expected !== undefined && batch.fetchedFrom !== this.expected) return false;
    this.expected = batch.nextOffset;
    this.processed ??= batch.fetchedFrom;
    this.highWatermark = batch.highWatermark;
    this.queue.push(batch);
    for (const record of batch.records) this.queuedBytes += bytesOf(record);
    if (this.queuedBytes >= this.limits.maxQueuedBytes && !this.paused) {
      this.paused = true;
      this.ports.pause();
    }
    this.wake?.();
    return true;
  }

  /** Ends after the records in hand; what is queued is left to the next owner. */
  close(): void {
    this.closing = true;
    this.ports.pause();
    this.wake?.();
  }

  /** The partition is gone: work in hand must not be stored any more. */
  abort(reason: string): void {
    this.closing = true;
    if (!this.signal.aborted) this.aborter.abort(MessagingError.retryable('messaging.revoked', reason));
    this.wake?.();
  }

  halt(error: MessagingError): void {
    this.failed(error);
    this.state = 'halted';
  }

  /** How often the stretch in hand was tried, the last time included. */
  get attemptsSoFar(): number {
    return this.attempts + 1;
  }

  /** Moves the position within the stretch in hand. */
  advance(position: bigint): void {
    if (this.signal.aborted || this.processed === undefined || position <= this.processed) return;
    this.processed = position;
    this.ports.advanced();
  }

  retrying(error: unknown): void {
    this.failed(error);
    this.attempts += 1;
    this.state = 'retrying';
  }

  working(): void {
    if (this.state !== 'halted') this.state = 'working';
  }

  status(): PartitionStatus {
    const position = this.processed;
    const behind = position === undefined ? 0n : this.highWatermark - position;
    return {
      topic: this.topic,
      partition: this.partition,
      state: this.state,
      position,
      lag: behind > 0n ? behind : 0n,
      haltedKeys: this.haltedKeys,
      lastError: this.lastError,
    };
  }

  private async live(predecessor: Promise<void> | undefined): Promise<void> {
    await predecessor;
    const backoff = new Backoff(this.limits.retry);
    while (!this.ending) {
      const stretch = this.take();
      if (stretch === undefined) {
        if (this.state !== 'halted') this.state = 'idle';
        await new Promise<void>((resolve) => (this.wake = resolve));
        continue;
      }
      this.working();
      this.attempts = 0;
      await this.finish(stretch, backoff);
    }
  }

  /** Until the stretch is done or the partition is gone. A failure that escapes `process` is retried like any other. */
  private async finish(stretch: Stretch, backoff: Backoff): Promise<void> {
    for (;;) {
      try {
        if (!(await this.ports.process(stretch, this))) return;
        this.advance(stretch.next);
        backoff.reset();
        return;
      } catch (error) {
        if (this.signal.aborted || this.closing) return;
        this.retrying(error);
        await backoff.rest(this.signal);
      }
    }
  }

  private take(): Stretch | undefined {
    const first = this.queue.shift();
    if (first === undefined) return undefined;
    const records = [...first.records];
    let next = first.nextOffset;
    while (this.queue.length > 0) {
      const following = this.queue[0] as FetchedBatch;
      if (records.length + following.records.length > this.limits.maxBatchRecords) break;
      records.push(...following.records);
      next = following.nextOffset;
      this.queue.shift();
    }
    const stretch = this.cut({ records, from: this.processed as bigint, next, highWatermark: this.highWatermark });
    for (const record of stretch.records) this.queuedBytes -= bytesOf(record);
    if (this.paused && this.queuedBytes < this.limits.maxQueuedBytes / 2) {
      this.paused = false;
      this.ports.resume();
    }
    return stretch;
  }

  /** Gives back what exceeds the limit of one delivery. */
  private cut(stretch: Stretch): Stretch {
    const { maxBatchRecords } = this.limits;
    const { records, from, next, highWatermark } = stretch;
    const rest = records[maxBatchRecords];
    if (rest === undefined) return stretch;
    const behind = { topic: this.topic, partition: this.partition, highWatermark, fetchedFrom: rest.offset };
    this.queue.unshift({ ...behind, records: records.slice(maxBatchRecords), nextOffset: next });
    return { records: records.slice(0, maxBatchRecords), from, next: rest.offset, highWatermark };
  }

  private failed(error: unknown): void {
    this.lastError = { code: classOf(error), message: messageOf(error), atMs: Date.now() };
  }
}

/** Objects around key, value and headers included, roughly. */
function bytesOf(record: FetchedRecord): number {
  return 256 + record.sizeBytes;
}

/** A transient failure, as opposed to one that the same records would meet again. */
export function isTransient(error: unknown): boolean {
  return isRetryable(error);
}
