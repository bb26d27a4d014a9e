import { describeError } from '@myelin/kernel';
import { RareNotes } from '@myelin/observability';
import { Backoff } from '../backoff.js';
import type {
  BrokerFault,
  FetchedBatch,
  GroupConsumer,
  GroupConsumerEvents,
  Membership,
  TopicPartition,
} from '../client/port.js';
import { MessagingError } from '../messaging.errors.js';
import type { MessagingLogger } from '../settings.js';
import { consumptionOf } from '../tracing/messaging-metrics.js';
import { type DeadLetterWriter, classOf } from './dead-letter-writer.js';
import { HaltedKeys } from './halted-keys.js';
import type { HandlerBinding } from './handler-binding.js';
import { observeBacklog } from './observe-backlog.js';
import { PartitionWorker, type WorkerLimits } from './partition-worker.js';
import { type GroupCounts, StretchProcessor } from './stretch-processor.js';
import type { GroupStatus } from './transport-status.js';

export interface GroupRunnerOptions extends WorkerLimits {
  readonly maxConcurrentKeys: number;
  readonly commitIntervalMs: number;
  /** How long work in hand may go on when partitions are given up, before it is aborted. */
  readonly handOverMs: number;
}

/** What a group runner needs of its surroundings; topics are logical names. */
export interface GroupRunnerPorts {
  createConsumer(events: GroupConsumerEvents): GroupConsumer;
  toWire(topic: string): string;
  toLogical(topic: string): string;
  /** Keys whose dead letters wait for an operator. */
  haltedKeys(binding: HandlerBinding, topic: string, partition: number): Promise<ReadonlySet<string>>;
  readonly deadLetters: DeadLetterWriter;
  readonly logger: MessagingLogger;
}

/** One consumer group in this process: which partitions are here, what of them is done, what is committed. */
export class GroupRunner implements GroupConsumerEvents {
  private readonly workers = new Map<string, PartitionWorker>();
  /** Workers that were given up while their handler was still at it. */
  private readonly lingering = new Map<string, Promise<void>>();
  private readonly counts: GroupCounts = { parked: 0, filtered: 0 };
  private readonly notes = new RareNotes();
  /** Whether the log says last that records cannot be processed. */
  private isTold = false;
  private readonly consumer: GroupConsumer;
  private membership: Membership | undefined;
  private state: GroupStatus['state'] = 'joining';
  private lastError: string | undefined;
  private commitTimer: NodeJS.Timeout | undefined;
  private committing: Promise<void> = Promise.resolve();
  private readonly unobserve: () => void;

  constructor(
    readonly group: string,
    private readonly bindings: ReadonlyMap<string, HandlerBinding>,
    private readonly options: GroupRunnerOptions,
    private readonly ports: GroupRunnerPorts,
  ) {
    this.consumer = ports.createConsumer(this);
    this.unobserve = observeBacklog(group, [...bindings.keys()], () =>
      [...this.workers.values()].map((w) => w.backlog()),
    );
  }

  start(): void {
    this.consumer.start();
  }

  /**
   * Stops fetching, lets the work in hand end, commits, leaves. Work that outlasts the deadline is aborted shortly before
   * it; a broker that does not answer is not waited for beyond it.
   */
  async close(deadlineMs: number): Promise<void> {
    const abort = setTimeout(() => this.lost('the process stops'), Math.max(0, deadlineMs - 500));
    let giveUp: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => (giveUp = setTimeout(resolve, deadlineMs)));
    await Promise.race([this.consumer.stop(), deadline]);
    clearTimeout(abort);
    clearTimeout(giveUp);
    this.unobserve();
    this.state = 'closed';
  }

  status(): GroupStatus {
    return {
      group: this.group,
      state: this.state,
      partitions: [...this.workers.values()].map((worker) => worker.status()),
      lastError: this.lastError,
      parkedRecords: this.counts.parked,
      filteredRecords: this.counts.filtered,
    };
  }

  async joined(membership: Membership, assigned: readonly TopicPartition[]): Promise<void> {
    const here = assigned.map(({ topic, partition }) => ({ topic: this.ports.toLogical(topic), partition }));
    const startAt = await this.storedPositions(here);
    for (const { topic, partition } of here) {
      const halted = await this.haltedKeysOf(topic, partition);
      const position = startAt.get(placeOf(topic, partition));
      const wire = { topic: this.ports.toWire(topic), partition };
      if (position !== undefined) membership.seek(wire, position);
      // A pause outlives the membership in which it was made.
      membership.resume(wire);
      this.workers.set(placeOf(topic, partition), this.createWorker(topic, partition, position, halted, membership));
    }
    this.membership = membership;
    this.state = 'member';
    this.lastError = undefined;
    this.ports.logger.info({ group: this.group, partitions: here.length }, 'a group was joined');
  }

  async leaving(): Promise<void> {
    const workers = [...this.workers];
    for (const [, worker] of workers) worker.close();
    await Promise.race([Promise.all(workers.map(([, worker]) => worker.finished)), this.endOfHandOver(workers)]);
    await this.commit(true);
    this.drop('the partition was given up');
  }

  lost(reason: string): void {
    for (const worker of this.workers.values()) worker.abort(reason);
  }

  fetched(batch: FetchedBatch): boolean {
    return this.workerAt(batch)?.offer(batch) ?? false;
  }

  outOfRange(at: TopicPartition): void {
    const topic = this.ports.toLogical(at.topic);
    const error = MessagingError.permanent(
      'messaging.offset-out-of-range',
      `the position of ${this.group} in ${topic}/${at.partition} points to where there are no records`,
      { details: { group: this.group, topic, partition: at.partition } },
    );
    this.workerAt(at)?.halt(error);
    this.ports.logger.error({ ...error.details, code: error.code }, error.message);
  }

  troubled(fault: BrokerFault): void {
    this.state = 'joining';
    this.lastError = fault.reason;
  }

  private workerAt({ topic, partition }: TopicPartition): PartitionWorker | undefined {
    return this.workers.get(placeOf(this.ports.toLogical(topic), partition));
  }

  /** Not of the first attempts: around a rebalance they are ordinary. */
  private noteFailing(topic: string, partition: number, error: unknown, attempts: number): void {
    consumptionOf(this.group, topic).retries += 1;
    const due = attempts < 3 ? undefined : this.notes.due(classOf(error));
    if (due === undefined) return;
    this.isTold = true;
    const what = { group: this.group, topic, partition, attempts, ...due, reason: describeError(error) };
    this.ports.logger.warn(what, 'records cannot be processed yet, their partition waits');
  }

  /** Once none of the partitions waits any more. */
  private noteProgress(): void {
    if (!this.isTold || [...this.workers.values()].some((worker) => worker.status().state === 'retrying')) return;
    this.isTold = false;
    this.ports.logger.info({ group: this.group }, 'records are processed again');
  }

  private createWorker(
    topic: string,
    partition: number,
    startAt: bigint | undefined,
    halted: HaltedKeys,
    membership: Membership,
  ): PartitionWorker {
    const { maxConcurrentKeys, retry } = this.options;
    const processor = new StretchProcessor(
      this.bindings.get(topic) as HandlerBinding,
      this.ports.deadLetters,
      halted,
      this.counts,
      { maxConcurrentKeys, retry },
      startAt,
    );
    const wire = { topic: this.ports.toWire(topic), partition };
    const ports = {
      process: processor.process.bind(processor),
      pause: () => membership.pause(wire),
      resume: () => membership.resume(wire),
      confirmed: () => membership.confirmed(),
      advanced: () => {
        this.noteProgress();
        this.commitSoon();
      },
      failing: (error: unknown, attempts: number) => this.noteFailing(topic, partition, error, attempts),
    };
    return new PartitionWorker(
      topic,
      partition,
      this.options,
      ports,
      startAt,
      this.lingering.get(placeOf(topic, partition)),
    );
  }

  private async storedPositions(assigned: readonly TopicPartition[]): Promise<Map<string, bigint>> {
    const stored = new Map<string, bigint>();
    for (const [topic, binding] of this.bindings) {
      const partitions = assigned.filter((at) => at.topic === topic).map(({ partition }) => partition);
      if (!binding.stored || partitions.length === 0) continue;
      const store = await binding.positions();
      for (const [partition, position] of await store.load(topic, partitions)) {
        stored.set(placeOf(topic, partition), position);
      }
    }
    return stored;
  }

  private async haltedKeysOf(topic: string, partition: number): Promise<HaltedKeys> {
    const load = () => this.ports.haltedKeys(this.bindings.get(topic) as HandlerBinding, topic, partition);
    const { deadLetters } = this.ports;
    return new HaltedKeys({ group: this.group, topic, partition }, await load(), { load, deadLetters });
  }

  private commitSoon(): void {
    this.commitTimer ??= setTimeout(() => {
      this.commitTimer = undefined;
      void this.commit(false);
    }, this.options.commitIntervalMs);
  }

  /** Commits are one after the other, so that a late one can never undo a newer one. */
  private commit(insist: boolean): Promise<void> {
    this.committing = this.committing.then(() => this.commitNow(insist));
    return this.committing;
  }

  private async commitNow(insist: boolean): Promise<void> {
    const { membership } = this;
    const backoff = new Backoff({ initialMs: 50, maxMs: 500 });
    for (let attempt = 0; attempt < (insist ? 5 : 1); attempt++) {
      const due = [...this.workers.values()].filter(
        ({ position, committed, signal }) => position !== undefined && position !== committed && !signal.aborted,
      );
      if (due.length === 0 || membership === undefined || membership !== this.membership) return;
      const positions = due.map((worker) => ({ worker, position: worker.position as bigint }));
      try {
        await membership.commit(
          positions.map(({ worker: { topic, partition }, position }) => ({
            topic: this.ports.toWire(topic),
            partition,
            position,
          })),
        );
        for (const { worker, position } of positions) worker.committed = position;
        return;
      } catch (error) {
        const { reason } = error as BrokerFault;
        this.ports.logger.warn({ group: this.group, reason }, 'positions cannot be committed yet');
        if (insist) await backoff.rest();
        else this.commitSoon();
      }
    }
  }

  private async endOfHandOver(workers: readonly (readonly [string, PartitionWorker])[]): Promise<void> {
    const { handOverMs } = this.options;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, handOverMs);
      const gone = (): void => {
        clearTimeout(timer);
        resolve();
      };
      for (const [, { signal }] of workers) {
        if (signal.aborted) gone();
        else signal.addEventListener('abort', gone, { once: true });
      }
    });
  }

  /** Whatever still works on a given up partition is told so; its successor here waits for it to come back. */
  private drop(reason: string): void {
    clearTimeout(this.commitTimer);
    this.commitTimer = undefined;
    for (const [place, worker] of this.workers) {
      worker.abort(reason);
      const back = worker.finished.then(() => {
        if (this.lingering.get(place) === back) this.lingering.delete(place);
      });
      this.lingering.set(place, back);
    }
    this.workers.clear();
    this.membership = undefined;
    if (this.state === 'member') this.state = 'joining';
  }
}

function placeOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
