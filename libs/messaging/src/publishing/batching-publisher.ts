import { AsyncResource } from 'node:async_hooks';
import type { EncodedRecord } from '../encoding/encoded-record.js';
import { BrokerFault, type ProduceEngine, type ProducerIdentity } from '../client/port.js';
import { MessagingError } from '../messaging.errors.js';
import type { MessagingLogger } from '../settings.js';
import { wireName } from '../settings.js';
import { Backoff } from '../backoff.js';
import type { BatchingOptions } from './batching-options.js';
import { FailureNotes } from './failure-notes.js';
import { partitionOfKey } from './murmur2.js';
import { type Batch, PartitionLane, type QueuedRecord, sizeOfRecord } from './partition-lane.js';
import { type Partition, type Shipment, planRequests } from './plan-requests.js';
import { PublisherGauge } from './publisher-gauge.js';
import { countSent, measureSends } from '../tracing/messaging-metrics.js';
import { traceSends } from './send-spans.js';
import type { PublisherHealth, PublisherState, Settled, StreamPublisher } from './stream-publisher.js';

/** Kafka's sequence numbers are int32 and wrap to 0. */
const sequences = 2 ** 31;
/** Refusals that may concern one record of a batch only. */
const blamesOneRecord = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP']);

/** Whole milliseconds, as timers have them. The wall clock may be set, which must neither hold up nor expire anything. */
const monotonicMs = (): number => Math.floor(performance.now());

/**
 * One request per broker is under way at a time and carries whatever is due for all partitions that the broker leads;
 * what arrives meanwhile makes the next request larger. Sequence numbers are kept here, so a batch that is sent again
 * is recognised by the broker and written once.
 */
export class BatchingPublisher implements StreamPublisher {
  private readonly topics = new Map<string, Partition[]>();
  private readonly active = new Set<Partition>();
  private readonly busyLeaders = new Set<number>();
  private readonly gauge: PublisherGauge;
  private readonly backoff = new Backoff({ initialMs: 50, maxMs: 1_000 });
  private readonly notes: FailureNotes;
  private identity: ProducerIdentity | undefined;
  private identityStale = true;
  private preparing = false;
  private resting = false;
  private timer: NodeJS.Timeout | undefined;
  private immediate: NodeJS.Immediate | undefined;
  private flushing = 0;

  constructor(
    private readonly engine: ProduceEngine,
    private readonly namespace: string | undefined,
    private readonly options: BatchingOptions,
    logger: MessagingLogger,
  ) {
    this.gauge = new PublisherGauge(options);
    this.notes = new FailureNotes(logger);
  }

  async connect(): Promise<void> {
    const giveUpAtMs = monotonicMs() + this.options.connectTimeoutMs;
    const backoff = new Backoff({ initialMs: 100, maxMs: 1_000 });
    for (;;) {
      try {
        await this.engine.connect();
        this.gauge.connected();
        return;
      } catch (error) {
        if (this.gauge.closed || monotonicMs() > giveUpAtMs || (error as BrokerFault).kind === 'refused') {
          throw MessagingError.retryable('messaging.unavailable', 'no broker answers', { cause: error });
        }
        await backoff.rest();
      }
    }
  }

  get health(): PublisherHealth {
    return this.gauge.health();
  }

  onState(listener: (state: PublisherState) => void): void {
    this.gauge.onState(listener);
  }

  partitionCount(topic: string): number {
    return this.partitionsOf(topic).length;
  }

  append(record: EncodedRecord, settled: Settled): boolean {
    const partitions = this.partitionsOf(record.topic);
    const bytes = sizeOfRecord(record);
    if (!this.gauge.admit(bytes)) return false;
    const index = record.partition ?? partitionOfKey(record.key, partitions.length);
    const partition = partitions[index];
    if (partition === undefined) {
      this.gauge.release(1, bytes);
      throw MessagingError.permanent('messaging.refused', `${record.topic} has no partition ${index}`);
    }
    const { key, value, headers, timestampMs = Date.now(), writtenAtMs } = record;
    const appendedAtMs = monotonicMs();
    partition.lane.append({ wire: { key, value, headers, timestampMs }, bytes, settled, appendedAtMs, writtenAtMs });
    this.active.add(partition);
    if (partition.lane.dueAtMs() === 0) this.pumpSoon();
    else this.timer ??= setTimeout(this.pump, this.options.lingerMs);
    return true;
  }

  /** Makes a topic known that was created after connecting. @throws MessagingError messaging.unavailable */
  async learn(topic: string): Promise<void> {
    const wire = wireName({ namespace: this.namespace ?? '' }, topic);
    if (this.engine.leaders(wire) !== undefined) return;
    try {
      await this.engine.refresh([wire]);
      this.gauge.connected();
    } catch (error) {
      throw MessagingError.retryable('messaging.unavailable', 'no broker answers', { cause: error });
    }
  }

  async flush(deadlineMs: number): Promise<void> {
    this.flushing += 1;
    this.pumpSoon();
    await this.gauge.whenEmpty(deadlineMs);
    this.flushing -= 1;
  }

  async close(deadlineMs = 10_000): Promise<void> {
    if (this.gauge.closed) return;
    this.gauge.close();
    await this.flush(deadlineMs);
    clearTimeout(this.timer);
    clearImmediate(this.immediate);
    const error = MessagingError.retryable('messaging.closed', 'the publisher was closed before the acknowledgement');
    for (const { topic, lane } of this.active) {
      lane.putBack();
      this.fail(topic, lane.drain(), error);
    }
    await this.engine.close();
  }

  private partitionsOf(topic: string): Partition[] {
    const known = this.topics.get(topic);
    if (known !== undefined) return known;
    const wire = wireName({ namespace: this.namespace ?? '' }, topic);
    const leaders = this.engine.leaders(wire);
    if (leaders === undefined) {
      if (!this.gauge.closed) void this.engine.refresh([wire]).catch(() => undefined);
      throw MessagingError.retryable('messaging.refused', `topic ${topic} is not known`);
    }
    const partitions = leaders.map((_, index) => ({
      topic: wire,
      index,
      lane: new PartitionLane(this.options),
      sequence: 0,
    }));
    this.topics.set(topic, partitions);
    return partitions;
  }

  private pumpSoon(): void {
    this.immediate ??= setImmediate(this.pump);
  }

  /** In no request's context, whoever appended first: one pump leads to the next, and would carry that context on for good. */
  private readonly pump = AsyncResource.bind((): void => {
    clearTimeout(this.timer);
    clearImmediate(this.immediate);
    this.timer = this.immediate = undefined;
    const nowMs = monotonicMs();
    this.expire(nowMs);
    if (!this.preparing && !this.resting) {
      if (this.identityStale) void this.renewIdentity();
      else this.sendDue(nowMs);
    }
    this.schedule(nowMs);
  });

  private sendDue(nowMs: number): void {
    const { requests, leaderless } = planRequests(this.active, {
      leaderOf: ({ topic, index }) => this.engine.leaders(topic)?.[index] ?? -1,
      busy: this.busyLeaders,
      dueUntilMs: this.flushing > 0 ? Number.POSITIVE_INFINITY : nowMs,
    });
    for (const [leader, shipments] of requests) void this.ship(leader, shipments);
    if (leaderless) void this.rest(new BrokerFault('not-leader', 'a partition has no leader'));
  }

  private async ship(leader: number, shipments: readonly Shipment[]): Promise<void> {
    this.busyLeaders.add(leader);
    const identity = this.identity as ProducerIdentity;
    let answers: readonly (BrokerFault | undefined)[];
    try {
      const batches = shipments.map(({ partition: { topic, index, sequence }, batch }) => ({
        topic,
        partition: index,
        firstSequence: sequence,
        records: batch.records.map(({ wire }) => wire),
      }));
      answers = await this.engine.produce(leader, identity, batches);
    } catch (error) {
      const fault = error instanceof BrokerFault ? error : new BrokerFault('unavailable', String(error));
      answers = shipments.map(() => fault);
    }
    this.busyLeaders.delete(leader);
    this.digest(shipments, answers);
    this.pumpSoon();
  }

  private digest(shipments: readonly Shipment[], answers: readonly (BrokerFault | undefined)[]): void {
    const written: Shipment[] = [];
    let troubled: BrokerFault | undefined;
    shipments.forEach(({ partition, batch }, position) => {
      const fault = answers[position];
      if (fault === undefined) {
        partition.sequence = (partition.sequence + batch.records.length) % sequences;
        partition.lane.done();
        written.push({ partition, batch });
      } else if (fault.kind === 'refused') {
        this.refuse(partition, batch, fault);
      } else {
        partition.lane.putBack();
        if (fault.kind === 'producer-lost') this.identityStale = true;
        troubled = fault;
      }
      if (partition.lane.empty) this.active.delete(partition);
    });
    if (written.length > 0) this.acknowledge(written);
    if (troubled !== undefined) void this.rest(troubled);
  }

  private refuse(partition: Partition, batch: Batch, fault: BrokerFault): void {
    if (batch.records.length > 1 && blamesOneRecord.has(fault.reason)) {
      partition.lane.splitOut();
      return;
    }
    partition.lane.done();
    const error = MessagingError.permanent('messaging.refused', `the broker refused: ${fault.reason}`, {
      cause: fault,
    });
    const behind = this.options.refusedHoldsKey ? partition.lane.removeKeysOf(batch.records) : [];
    this.fail(partition.topic, [...batch.records, ...behind], error);
  }

  /** Room first, then the callbacks: what they append in turn finds the queue as it is. */
  private acknowledge(written: readonly Shipment[]): void {
    this.backoff.reset();
    this.succeeded();
    let records = 0;
    let bytes = 0;
    for (const { batch } of written) {
      records += batch.records.length;
      bytes += batch.bytes;
    }
    this.gauge.release(records, bytes);
    for (const { batch } of written) for (const { settled } of batch.records) settled(undefined);
    for (const { partition, batch } of written) traceSends(partition.topic, partition.index, batch.records);
    measureSends(written, monotonicMs());
  }

  private fail(topic: string, records: readonly QueuedRecord[], error: MessagingError): void {
    let bytes = 0;
    for (const record of records) bytes += record.bytes;
    this.gauge.release(records.length, bytes);
    for (const { settled } of records) settled(error);
    if (records.length > 0) countSent(topic, records.length, error.code);
  }

  /** After a failure: a pause, then fresh leaders. Only then anything is sent again. */
  private async rest(fault: BrokerFault): Promise<void> {
    this.failed(fault);
    if (this.resting) return;
    this.resting = true;
    for (;;) {
      await this.backoff.rest();
      this.expire(monotonicMs());
      if (this.gauge.closed && this.active.size === 0) break;
      try {
        await this.engine.refresh([...this.topics.values()].map(([first]) => (first as Partition).topic));
        if (this.active.size === 0) this.succeeded();
        break;
      } catch (error) {
        this.failed(error as BrokerFault);
      }
    }
    this.resting = false;
    this.pumpSoon();
  }

  private succeeded(): void {
    this.gauge.succeeded();
    this.notes.succeeded();
  }

  private failed(fault: BrokerFault): void {
    this.gauge.failed();
    this.notes.failed(fault);
  }

  /** Sequences start at 0 with a new identity, so nothing may be under way with the old one. */
  private async renewIdentity(): Promise<void> {
    if (this.busyLeaders.size > 0 || this.active.size === 0) return;
    this.preparing = true;
    try {
      this.identity = await this.engine.newProducer();
      this.identityStale = false;
      for (const partitions of this.topics.values()) for (const partition of partitions) partition.sequence = 0;
    } catch (error) {
      void this.rest(error as BrokerFault);
    }
    this.preparing = false;
    this.pumpSoon();
  }

  /** Fails, in order, everything of a partition whose oldest record has waited too long. */
  private expire(nowMs: number): void {
    for (const partition of this.active) {
      const { lane } = partition;
      const oldestMs = lane.oldestAppendedAtMs();
      if (lane.busy || oldestMs === undefined || nowMs - oldestMs < this.options.deliveryTimeoutMs) continue;
      // The broker may have written the head: its sequence numbers must never be used for other records.
      if (lane.headUncertain) this.identityStale = true;
      const error = MessagingError.retryable(
        'messaging.delivery-timeout',
        `not acknowledged within ${this.options.deliveryTimeoutMs} ms`,
      );
      this.fail(partition.topic, lane.drain(), error);
      this.active.delete(partition);
    }
  }

  private schedule(nowMs: number): void {
    if (this.timer !== undefined || this.immediate !== undefined || this.active.size === 0) return;
    let nextMs = nowMs + 1_000;
    for (const { lane } of this.active) {
      const dueMs = lane.dueAtMs();
      if (dueMs !== undefined && dueMs > nowMs && dueMs < nextMs) nextMs = dueMs;
    }
    this.timer = setTimeout(this.pump, nextMs - nowMs);
  }
}
