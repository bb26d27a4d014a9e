import { isRetryable } from '@myelin/kernel';
import { Backoff, type BackoffLimits } from '../backoff.js';
import type { FetchedBatch } from '../client/port.js';
import { MessagingError } from '../messaging.errors.js';
import { classOf, messageOf } from './dead-letter-writer.js';
import type { Backlog } from './observe-backlog.js';
import { type Stretch, StretchQueue } from './stretch-queue.js';
import type { PartitionState, PartitionStatus } from './transport-status.js';

export interface WorkerLimits {
  readonly maxBatchRecords: number;
  readonly maxQueuedBytes: number;
  readonly retry: BackoffLimits;
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
  /** The same work failed `attempts` times in a row and is tried again. */
  failing(error: unknown, attempts: number): void;
}

/** Fetched records of one partition, for as long as this member has it: queue, position, state. */
export class PartitionWorker {
  private readonly aborter = new AbortController();
  private readonly queue = new StretchQueue();
  private attempts = 0;
  private paused = false;
  private closing = false;
  private wake: (() => void) | undefined;
  private state: PartitionState = 'idle';
  private lastError: PartitionStatus['lastError'];
  private highWatermark = 0n;
  private expected: bigint | undefined;
  private processed: bigint | undefined;
  private inHand: Stretch | undefined;
  /** Of the last record that was processed. */
  private lastMs: number | undefined;
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
    if (this.queue.bytes >= this.limits.maxQueuedBytes && !this.paused) {
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
    this.ports.failing(error, this.attempts);
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

  backlog(): Backlog {
    const { topic, state, inHand, queue } = this;
    const lag = Number(this.status().lag);
    const waitingMs = inHand?.records[0]?.timestampMs ?? queue.oldestMs;
    const inFlight = queue.records + (inHand?.records.length ?? 0);
    return { topic, state, lag, inFlight, oldestMs: waitingMs ?? (lag > 0 ? this.lastMs : undefined) };
  }

  private async live(predecessor: Promise<void> | undefined): Promise<void> {
    await predecessor;
    const backoff = new Backoff(this.limits.retry);
    while (!this.ending) {
      if (this.queue.isEmpty) {
        if (this.state !== 'halted') this.state = 'idle';
        await this.woken();
        continue;
      }
      this.working();
      this.attempts = 0;
      const stretch = (this.inHand = this.take());
      await this.finish(stretch, backoff);
      this.inHand = undefined;
      this.lastMs = stretch.records.at(-1)?.timestampMs ?? this.lastMs;
    }
  }

  /** Resolves when something came or the worker is to end. */
  private woken(): Promise<void> {
    return new Promise((resolve) => (this.wake = resolve));
  }

  /** Until the stretch is done or the partition is gone. A failure that escapes `process` is retried like any other. */
  private async finish(stretch: Stretch, backoff: Backoff): Promise<void> {
    for (;;) {
      try {
        if (!(await this.ports.process(stretch, this))) return;
        this.working();
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

  private take(): Stretch {
    const { maxBatchRecords, maxQueuedBytes } = this.limits;
    const stretch = this.queue.take(this.processed as bigint, maxBatchRecords, this.highWatermark);
    if (this.paused && this.queue.bytes < maxQueuedBytes / 2) {
      this.paused = false;
      this.ports.resume();
    }
    return stretch;
  }

  private failed(error: unknown): void {
    this.lastError = { code: classOf(error), message: messageOf(error), atMs: Date.now() };
  }
}

/** A transient failure, as opposed to one that the same records would meet again. */
export function isTransient(error: unknown): boolean {
  return isRetryable(error);
}
