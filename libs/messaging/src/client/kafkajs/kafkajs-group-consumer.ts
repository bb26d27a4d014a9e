import type { Batch as KafkaJsBatch, Consumer } from 'kafkajs';
import type ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js';
import { RareNotes } from '@myelin/observability';
import { Backoff } from '../../backoff.js';
import type { KafkaSettings, MessagingLogger } from '../../settings.js';
import {
  BrokerFault,
  type FetchedBatch,
  type GroupConsumer,
  type GroupConsumerEvents,
  type GroupConsumerOptions,
  type Membership,
} from '../port.js';
import { faultOf } from './broker-fault.js';
import { createKafkaJs } from './connection-options.js';
import { fetchedRecord } from './decoded-record.js';
import { type GroupHooks, patchConsumerGroup } from './consumer-group-patch.js';
import { stripedAssigner } from './striped-assigner.js';

/**
 * kafkajs fetches and keeps the membership; it never waits for a handler: batches are handed over and the partition is
 * paused by the receiver when it has enough, so no partition holds up another one and heartbeats go on.
 */
export class KafkaJsGroupConsumer implements GroupConsumer, GroupHooks {
  private readonly stopping = new AbortController();
  private readonly backoff = new Backoff({ initialMs: 200, maxMs: 5_000 });
  private readonly notes = new RareNotes();
  private life: Promise<void> | undefined;
  private member = false;
  /** When the coordinator last confirmed the membership, on the monotonic clock. */
  private confirmedAtMs = 0;
  private expired: (() => void) | undefined;

  constructor(
    private readonly settings: KafkaSettings,
    private readonly options: GroupConsumerOptions,
    private readonly events: GroupConsumerEvents,
    private readonly logger: MessagingLogger,
  ) {
    patchConsumerGroup();
  }

  start(): void {
    this.life ??= this.live();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.life;
  }

  /** One consumer of kafkajs after the other: after a crash nothing of the old one is used again. */
  private async live(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const consumer = this.createConsumer();
      try {
        await this.runUntilCrash(consumer);
      } catch (error) {
        const fault = faultOf(causeOf(error));
        this.events.troubled(fault);
        const { reason } = fault;
        const due = this.notes.due(reason);
        if (due !== undefined)
          this.logger.warn({ group: this.options.group, reason, ...due }, 'a consumer starts again');
      }
      await this.giveUp('the consumer stopped');
      await consumer.disconnect().catch(() => undefined);
      if (!this.stopping.signal.aborted) await this.backoff.rest(this.stopping.signal);
    }
  }

  private createConsumer(): Consumer {
    const { options } = this;
    return createKafkaJs(this.settings, this.logger, 5).consumer({
      groupId: options.group,
      partitionAssigners: [stripedAssigner<GroupHooks>(this)],
      sessionTimeout: options.sessionTimeoutMs,
      heartbeatInterval: options.heartbeatIntervalMs,
      rebalanceTimeout: options.rebalanceTimeoutMs,
      maxWaitTimeInMs: options.maxWaitMs,
      maxBytes: options.maxBytesPerFetch,
      maxBytesPerPartition: options.maxBytesPerPartition,
      allowAutoTopicCreation: false,
      metadataMaxAge: 60_000,
      retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1_000, restartOnFailure: () => Promise.resolve(false) },
    });
  }

  private async runUntilCrash(consumer: Consumer): Promise<void> {
    await consumer.connect();
    await consumer.subscribe({ topics: [...this.options.topics], fromBeginning: true });
    consumer.on(consumer.events.HEARTBEAT, () => (this.confirmedAtMs = performance.now()));
    const crashed = new Promise<Error>((resolve) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => resolve(payload.error));
      this.expired = () => resolve(new BrokerFault('unavailable', 'the membership was not confirmed in time'));
    });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 1,
      eachBatch: (payload) => {
        const handed = fetchedBatch(payload.batch);
        if (this.member && this.events.fetched(handed)) payload.resolveOffset(String(handed.nextOffset - 1n));
        return Promise.resolve();
      },
    });
    const error = await Promise.race([crashed, aborted(this.stopping.signal)]);
    if (error !== undefined) throw error;
    // Finish and commit while still a member, then leave.
    await this.leave();
  }

  async beforeJoin(group: ConsumerGroup): Promise<void> {
    if (!this.member) return;
    if (group.memberId === null) return this.giveUp('the group does not know this member any more');
    await this.whileAlive(group, () => this.leave());
  }

  async afterJoin(group: ConsumerGroup): Promise<void> {
    const assigned = group
      .assigned()
      .flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
    this.confirmedAtMs = performance.now();
    const membership = membershipOf(group, () => this.confirmed());
    await this.whileAlive(group, () => this.events.joined(membership, assigned));
    this.member = true;
    this.backoff.reset();
  }

  /** kafkajs sends heartbeats between fetches only: around work that comes before or after, somebody else has to. */
  private async whileAlive(group: ConsumerGroup, work: () => Promise<void>): Promise<void> {
    const heart = setInterval(() => {
      group.heartbeat({ interval: this.options.heartbeatIntervalMs }).catch((error: unknown) => {
        const { type } = error as { type?: string };
        // The coordinator asks to join again, and has noted that this member is alive.
        if (type === 'REBALANCE_IN_PROGRESS') this.confirmedAtMs = performance.now();
        if (type === 'UNKNOWN_MEMBER_ID' || type === 'ILLEGAL_GENERATION') this.lose('the membership ended');
      });
    }, this.options.heartbeatIntervalMs);
    try {
      await work();
    } finally {
      clearInterval(heart);
    }
  }

  outOfRange(group: ConsumerGroup, topic: string, partition: number): void {
    group.pause([{ topic, partitions: [partition] }]);
    this.events.outOfRange({ topic, partition });
  }

  /**
   * False once the group may have given the partitions to others: this process was stopped, or cut off, for longer
   * than a session lasts. It cannot know more at that moment, so it begins anew.
   */
  private confirmed(): boolean {
    if (performance.now() - this.confirmedAtMs < this.options.sessionTimeoutMs) return true;
    this.lose('the membership was not confirmed in time');
    this.expired?.();
    return false;
  }

  private async leave(): Promise<void> {
    if (!this.member) return;
    await this.events.leaving();
    this.member = false;
  }

  private lose(reason: string): void {
    if (this.member) this.events.lost(reason);
  }

  private async giveUp(reason: string): Promise<void> {
    this.lose(reason);
    await this.leave();
  }
}

function membershipOf(group: ConsumerGroup, confirmed: () => boolean): Membership {
  const manager = group.offsetManager;
  return {
    confirmed,
    async commit(positions) {
      const topics = positions.map(({ topic, partition, position }) => ({
        topic,
        partitions: [{ partition, offset: String(position) }],
      }));
      try {
        await manager?.commitOffsets({ topics });
      } catch (error) {
        throw faultOf(error);
      }
    },
    pause: ({ topic, partition }) => group.pause([{ topic, partitions: [partition] }]),
    resume: ({ topic, partition }) => group.resume([{ topic, partitions: [partition] }]),
    seek: ({ topic, partition }, position) => group.seek({ topic, partition, offset: String(position) }),
  };
}

function fetchedBatch(batch: KafkaJsBatch & { fetchedOffset?: string }): FetchedBatch {
  const records = batch.messages.map(fetchedRecord);
  return {
    topic: batch.topic,
    partition: batch.partition,
    records,
    fetchedFrom: BigInt(batch.fetchedOffset ?? batch.firstOffset() ?? '0'),
    nextOffset: BigInt(batch.lastOffset()) + 1n,
    highWatermark: BigInt(batch.highWatermark),
  };
}

function aborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }));
}

function causeOf(error: unknown): unknown {
  const { cause } = error as { cause?: unknown };
  return cause instanceof Error && !(error instanceof BrokerFault) ? causeOf(cause) : error;
}
