import { Backoff, type BackoffLimits } from '../backoff.js';
import type { FetchedRecord } from '../client/port.js';
import { headerNames } from '../encoding/header-names.js';
import { PoisonRecord } from '../messaging.errors.js';
import { startBatchSpan } from '../tracing/process-spans.js';
import type { DeadLetterWriter } from './dead-letter-writer.js';
import { type HandlerBinding, policyOf } from './handler-binding.js';
import { runKeyOrdered } from './key-ordered.js';
import { type PartitionWorker, type Stretch, isTransient } from './partition-worker.js';
import { PrefixTracker } from './prefix-tracker.js';
import type { EventBatch } from './received-record.js';
import { RecordView } from './record-view.js';

export interface GroupCounts {
  parked: number;
  filtered: number;
}

/** Keys of one partition whose later records follow a parked one to the dead letters. */
export type HaltedKeys = Set<string>;

/** Brings the records of one partition to their handler and decides what a failure means. */
export class StretchProcessor {
  /** What the handler has covered so far: batches connect without a gap, whatever was parked between them. */
  private covered: bigint | undefined;

  constructor(
    private readonly binding: HandlerBinding,
    private readonly deadLetters: DeadLetterWriter,
    private readonly halted: HaltedKeys,
    private readonly counts: GroupCounts,
    private readonly options: { readonly maxConcurrentKeys: number; readonly retry: BackoffLimits },
    startAt: bigint | undefined,
  ) {
    this.covered = startAt;
  }

  async process(stretch: Stretch, worker: PartitionWorker): Promise<void> {
    this.covered ??= stretch.from;
    const span = startBatchSpan(this.binding.group, worker.topic, worker.partition, stretch.records);
    try {
      if (this.binding.mode === 'each') await span.run(() => this.processEach(stretch, worker));
      else await span.run(() => this.processBatch(stretch, worker));
    } finally {
      worker.haltedKeys = this.halted.size;
      span.end();
    }
  }

  private async processBatch(stretch: Stretch, worker: PartitionWorker): Promise<void> {
    let views = await this.admit(stretch.records, worker);
    while (views.length > 0 && !worker.signal.aborted) {
      const error = await this.deliver(views, stretch.next, stretch, worker);
      if (error === undefined || worker.signal.aborted) return;
      const culprit = error instanceof PoisonRecord ? views.find(({ offset }) => offset === error.offset) : undefined;
      if (culprit !== undefined) {
        await this.park(culprit.raw, culprit, error, worker);
        views = await this.withoutHalted(
          views.filter((view) => view !== culprit),
          worker,
        );
      } else {
        return this.isolate(views, stretch, worker);
      }
    }
    await this.coverRest(stretch, worker);
  }

  /** Who stores positions hears of those that only parked or left out records fill: an empty batch. */
  private async coverRest(stretch: Stretch, worker: PartitionWorker): Promise<void> {
    if (!this.binding.stored || worker.signal.aborted || this.covered === stretch.next) return;
    const error = await this.deliver([], stretch.next, stretch, worker);
    if (error !== undefined) throw error;
  }

  /** One by one, to find the record that the handler cannot process. */
  private async isolate(views: readonly RecordView[], stretch: Stretch, worker: PartitionWorker): Promise<void> {
    for (let index = 0; index < views.length && !worker.signal.aborted; index++) {
      const view = views[index] as RecordView;
      if (this.halted.has(view.key)) {
        await this.parkFollower(view, worker);
        continue;
      }
      const next = views[index + 1]?.offset ?? stretch.next;
      const error = await this.deliver([view], next, stretch, worker);
      if (worker.signal.aborted) return;
      if (error !== undefined) await this.park(view.raw, view, error, worker);
      worker.advance(next);
    }
    await this.coverRest(stretch, worker);
  }

  /** Until the handler takes the records or fails for good; a transient failure waits here. */
  private async deliver(
    views: readonly RecordView[],
    nextOffset: bigint,
    stretch: Stretch,
    worker: PartitionWorker,
  ): Promise<unknown> {
    const batch: EventBatch = {
      topic: worker.topic,
      partition: worker.partition,
      records: views,
      firstOffset: this.covered as bigint,
      nextOffset,
      highWatermark: stretch.highWatermark,
      signal: worker.signal,
    };
    const error = await this.insist(batch, worker);
    if (error === undefined) this.covered = nextOffset;
    return error;
  }

  private async processEach(stretch: Stretch, worker: PartitionWorker): Promise<void> {
    const { records, from, next } = stretch;
    const nexts = records.map((_, index) => records[index + 1]?.offset ?? next);
    const tracker = new PrefixTracker(nexts, from);
    const { signal } = worker;
    const keyOf = (record: FetchedRecord): string => record.key?.toString() ?? '';
    await runKeyOrdered(
      records,
      { keyOf, concurrency: this.options.maxConcurrentKeys, signal },
      async (record, index) => {
        const [view] = await this.admit([record], worker);
        if (view !== undefined) {
          const error = await this.insist(view, worker);
          if (signal.aborted) return;
          if (error !== undefined) await this.park(record, view, error, worker);
        }
        if (signal.aborted) return;
        if (tracker.finish(index)) worker.advance(tracker.position);
      },
    );
  }

  /** Calls the handler until it neither succeeds nor fails transiently; resolves with the lasting error, if any. */
  private async insist(argument: EventBatch | RecordView, worker: PartitionWorker): Promise<unknown> {
    const backoff = new Backoff(this.options.retry);
    while (!worker.signal.aborted) {
      const outcome = await this.binding.invoke(argument);
      if (outcome.done) return undefined;
      if (!isTransient(outcome.error)) return outcome.error;
      worker.retrying(outcome.error);
      await backoff.rest(worker.signal);
      worker.working();
    }
    return undefined;
  }

  /** Views of the records that the handler is to see; what is not for it is left out, what is broken is parked. */
  private async admit(records: readonly FetchedRecord[], worker: PartitionWorker): Promise<RecordView[]> {
    const views: RecordView[] = [];
    for (const record of records) {
      const type = record.headers[headerNames.type]?.toString();
      const replayFor = record.headers[headerNames.replayFor]?.toString();
      if (replayFor !== undefined && replayFor !== this.binding.group) continue;
      if (type === undefined) {
        const error = PoisonRecord.at(record.offset, 'record.no-type', 'the record has no CloudEvents type');
        await this.park(record, undefined, error, worker);
        continue;
      }
      const contract = this.binding.contracts.get(type);
      if (contract === undefined) this.counts.filtered += 1;
      else views.push(new RecordView(record, contract, worker.topic, worker.partition));
    }
    return this.withoutHalted(views, worker);
  }

  private async withoutHalted(views: readonly RecordView[], worker: PartitionWorker): Promise<RecordView[]> {
    if (this.halted.size === 0) return [...views];
    const free: RecordView[] = [];
    for (const view of views) {
      if (this.halted.has(view.key)) await this.parkFollower(view, worker);
      else free.push(view);
    }
    return free;
  }

  private parkFollower(view: RecordView, worker: PartitionWorker): Promise<void> {
    const error = PoisonRecord.at(view.offset, 'record.behind-parked', 'an earlier record of this key is parked');
    return this.park(view.raw, view, error, worker);
  }

  private async park(
    record: FetchedRecord,
    view: RecordView | undefined,
    error: unknown,
    worker: PartitionWorker,
  ): Promise<void> {
    const place = { group: this.binding.group, topic: worker.topic, partition: worker.partition };
    const reason = { error, attempts: 1, firstFailedAtMs: Date.now() };
    const parked = await this.deadLetters.park(place, record, reason, worker.signal);
    if (!parked) return;
    this.counts.parked += 1;
    if (view !== undefined && policyOf(view.contract, this.binding.group) === 'halt-key') this.halted.add(view.key);
  }
}
