import { Backoff, type BackoffLimits } from '../backoff.js';
import type { FetchedRecord } from '../client/port.js';
import { headerNames } from '../encoding/header-names.js';
import { PoisonRecord } from '../messaging.errors.js';
import { consumptionOf } from '../tracing/messaging-metrics.js';
import { inTraceOf } from '../tracing/in-trace-of.js';
import { type BatchSpan, startBatchSpan } from '../tracing/process-spans.js';
import { type DeadLetterWriter, classOf } from './dead-letter-writer.js';
import type { HaltedKeys } from './halted-keys.js';
import { type HandlerBinding, policyOf } from './handler-binding.js';
import { runKeyOrdered } from './key-ordered.js';
import { type PartitionWorker, isTransient } from './partition-worker.js';
import { PrefixTracker } from './prefix-tracker.js';
import type { EventBatch } from './received-record.js';
import { RecordView } from './record-view.js';
import { splitAtReplayEnds } from './split-stretch.js';
import type { Stretch } from './stretch-queue.js';

export interface GroupCounts {
  parked: number;
  filtered: number;
}

export interface ProcessorOptions {
  readonly maxConcurrentKeys: number;
  readonly retry: BackoffLimits;
}

/** Brings the records of one partition to their handler and decides what a failure means. */
export class StretchProcessor {
  /** What the handler has covered so far: batches connect without a gap, whatever was parked between them. */
  private covered: bigint | undefined;
  /** Of the stretch in hand. */
  private span: BatchSpan | undefined;

  constructor(
    private readonly binding: HandlerBinding,
    private readonly deadLetters: DeadLetterWriter,
    private readonly halted: HaltedKeys,
    private readonly counts: GroupCounts,
    private readonly options: ProcessorOptions,
    startAt: bigint | undefined,
  ) {
    this.covered = startAt;
  }

  /** true = every record is processed or parked; false = the worker is to end before that. */
  async process(stretch: Stretch, worker: PartitionWorker): Promise<boolean> {
    this.covered ??= stretch.from;
    const beganMs = performance.now();
    const span = (this.span = startBatchSpan(this.binding.group, worker.topic, worker.partition, stretch.records));
    try {
      return await span.run(() => this.processParts(splitAtReplayEnds(stretch), worker));
    } finally {
      worker.haltedKeys = this.halted.size;
      const tookMs = performance.now() - beganMs;
      span.within(() => consumptionOf(this.binding.group, worker.topic).processed(stretch.records, tookMs));
      span.end();
    }
  }

  private async processParts(parts: readonly Stretch[], worker: PartitionWorker): Promise<boolean> {
    for (const part of parts) {
      // What an earlier attempt at this stretch finished is not done twice.
      if (part.next <= (worker.position ?? 0n)) continue;
      if (worker.ending) return false;
      if (this.binding.mode === 'batch') await this.processBatch(part, worker);
      else if (!(await this.processEach(part, worker))) return false;
      worker.advance(part.next);
    }
    return !worker.signal.aborted;
  }

  private async processBatch(stretch: Stretch, worker: PartitionWorker): Promise<void> {
    let views = await this.admit(stretch.records, worker);
    while (views.length > 0 && !worker.signal.aborted) {
      const error = await this.deliver(views, stretch.next, stretch, worker);
      if (worker.signal.aborted) return;
      if (error === undefined) {
        for (const view of views) if (view.endsReplay) await this.halted.settled(view, worker.signal);
        return;
      }
      const culprit = error instanceof PoisonRecord ? views.find(({ offset }) => offset === error.offset) : undefined;
      if (culprit === undefined) return this.isolate(views, stretch, worker);
      views = await this.setAside(culprit, error, views, worker);
    }
    await this.coverRest(stretch, worker);
  }

  /** Parks one record of a batch, and those of its key behind it if the key is halted by that, in their order. */
  private async setAside(
    culprit: RecordView,
    error: unknown,
    views: readonly RecordView[],
    worker: PartitionWorker,
  ): Promise<RecordView[]> {
    const at = views.indexOf(culprit);
    await this.park(culprit, error, worker);
    return [...views.slice(0, at), ...(await this.withoutHalted(views.slice(at + 1), worker))];
  }

  /** One by one, to find the record that the handler cannot process. */
  private async isolate(views: readonly RecordView[], stretch: Stretch, worker: PartitionWorker): Promise<void> {
    for (let index = 0; index < views.length && !worker.signal.aborted; index++) {
      const view = views[index] as RecordView;
      const next = views[index + 1]?.offset ?? stretch.next;
      if (this.halted.blocks(view)) {
        await this.parkFollower(view, worker);
        continue;
      }
      const error = await this.deliver([view], next, stretch, worker);
      if (worker.signal.aborted) return;
      if (error === undefined) await this.halted.settled(view, worker.signal);
      else await this.park(view, error, worker);
      worker.advance(next);
    }
    await this.coverRest(stretch, worker);
  }

  /** Who stores positions hears of those that only parked or left out records fill: an empty batch. */
  private async coverRest(stretch: Stretch, worker: PartitionWorker): Promise<void> {
    if (!this.binding.stored || worker.signal.aborted || this.covered === stretch.next) return;
    const error = await this.deliver([], stretch.next, stretch, worker);
    if (error !== undefined) throw error as Error;
  }

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

  private async processEach(stretch: Stretch, worker: PartitionWorker): Promise<boolean> {
    const { records, from, next } = stretch;
    const tracker = new PrefixTracker(
      records.map((_, index) => records[index + 1]?.offset ?? next),
      from,
    );
    const { signal } = worker;
    const keyOf = (record: FetchedRecord): string => record.keyText;
    const options = { keyOf, concurrency: this.options.maxConcurrentKeys, stopped: () => worker.ending };
    await runKeyOrdered(records, options, async (record, index) => {
      // Done by an earlier attempt at this stretch.
      const done = record.offset < (worker.position ?? 0n);
      if (!done) await this.processOne(record, worker);
      if (!signal.aborted && tracker.finish(index)) worker.advance(tracker.position);
    });
    return tracker.complete;
  }

  private async processOne(record: FetchedRecord, worker: PartitionWorker): Promise<void> {
    const [view] = await this.admit([record], worker);
    if (view === undefined) return;
    const error = await inTraceOf(view, () => this.insist(view, worker));
    if (worker.signal.aborted) return;
    if (error === undefined) await this.halted.settled(view, worker.signal);
    else await this.park(view, error, worker);
  }

  /** Calls the handler until it succeeds or fails for good; resolves with the lasting error, if any. */
  private async insist(argument: EventBatch | RecordView, worker: PartitionWorker): Promise<unknown> {
    const backoff = new Backoff(this.options.retry);
    let isFirst = true;
    while (worker.mayDeliver) {
      const outcome = await this.binding.invoke(argument);
      if (outcome.done) return undefined;
      if (!isTransient(outcome.error)) return outcome.error;
      worker.retrying(outcome.error);
      if (isFirst)
        this.span?.delayed(argument instanceof RecordView ? argument.raw : undefined, classOf(outcome.error));
      isFirst = false;
      await backoff.rest(worker.signal);
      worker.working();
    }
    return undefined;
  }

  /** Views of the records that the handler is to see; what is not for it is left out, what is broken is parked. */
  private async admit(records: readonly FetchedRecord[], worker: PartitionWorker): Promise<RecordView[]> {
    const views: RecordView[] = [];
    for (const record of records) {
      const type = record.headerText(headerNames.type);
      const replayFor = record.headerText(headerNames.replayFor);
      if (replayFor !== undefined && replayFor !== this.binding.group) continue;
      const contract = type === undefined ? undefined : this.binding.contracts.get(type);
      if (type === undefined) {
        const error = PoisonRecord.at(record.offset, 'record.no-type', 'the record has no CloudEvents type');
        await this.parkRaw(record, error, worker);
      } else if (contract === undefined) {
        this.counts.filtered += 1;
      } else {
        const traceContext = this.span?.contextOf(record.offset);
        views.push(new RecordView(record, contract, worker.topic, worker.partition, traceContext));
      }
    }
    return this.withoutHalted(views, worker);
  }

  private async withoutHalted(views: readonly RecordView[], worker: PartitionWorker): Promise<RecordView[]> {
    if (this.halted.size === 0) return [...views];
    const free: RecordView[] = [];
    for (const view of views) {
      if (this.halted.blocks(view)) await this.parkFollower(view, worker);
      else free.push(view);
    }
    return free;
  }

  private parkFollower(view: RecordView, worker: PartitionWorker): Promise<void> {
    const error = PoisonRecord.at(view.offset, 'record.behind-parked', 'an earlier record of this key is parked');
    return this.park(view, error, worker);
  }

  private async park(view: RecordView, error: unknown, worker: PartitionWorker): Promise<void> {
    if (!(await this.parkRaw(view.raw, error, worker))) return;
    if (policyOf(view.contract, this.binding.group) === 'halt-key') this.halted.halt(view);
    await this.halted.settled(view, worker.signal);
  }

  private async parkRaw(record: FetchedRecord, error: unknown, worker: PartitionWorker): Promise<boolean> {
    this.span?.failed(record, classOf(error));
    const place = { group: this.binding.group, topic: worker.topic, partition: worker.partition };
    const reason = { error, attempts: worker.attemptsSoFar, firstFailedAtMs: Date.now() };
    const parked = await this.deadLetters.park(place, record, reason, worker.signal);
    if (parked) this.counts.parked += 1;
    return parked;
  }
}
