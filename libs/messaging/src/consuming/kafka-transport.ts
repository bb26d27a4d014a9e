import { BaseRpcContext, type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import { KafkaJsGroupConsumer } from '../client/kafkajs/kafkajs-group-consumer.js';
import type { GroupConsumerEvents } from '../client/port.js';
import { readHaltedKeys } from '../dead-letters/read-halted-keys.js';
import { createRecordPublisher } from '../publishing/create-record-publisher.js';
import type { RecordPublisher } from '../publishing/record-publisher.js';
import { type KafkaSettings, type MessagingLogger, logicalName, wireName } from '../settings.js';
import { registrationKey } from './consumes.decorator.js';
import { DeadLetterWriter } from './dead-letter-writer.js';
import { GroupRunner, type GroupRunnerPorts } from './group-runner.js';
import { type HandlerBinding, bindingsByGroup, haltingContracts } from './handler-binding.js';
import { type HandlerOutcome, type HandlerRegistration, PositionsRequest } from './handler-registration.js';
import type { PositionStore } from './received-record.js';
import type { TransportStatus } from './transport-status.js';

export interface KafkaTransportOptions {
  readonly settings: KafkaSettings;
  readonly logger: MessagingLogger;
  /** Records handed to a handler at once, default 1,000. */
  readonly maxBatchRecords?: number;
  /** Fetched and not yet processed, per partition; the partition is paused above, default 4 MiB. */
  readonly maxQueuedBytesPerPartition?: number;
  /** Mode `each`: keys of one partition that are worked on side by side, default 16. */
  readonly maxConcurrentKeys?: number;
  /** Largest fetch response, default 8 MiB. */
  readonly maxBytesPerFetch?: number;
  /** A member that is silent for longer is replaced, default 30,000. */
  readonly sessionTimeoutMs?: number;
  /** Default: a tenth of the session timeout. */
  readonly heartbeatIntervalMs?: number;
  /** How long a rebalance waits for the slowest member, default 60,000. */
  readonly rebalanceTimeoutMs?: number;
  /** Pauses between attempts after transient failures, default 200 to 30,000. */
  readonly retry?: { readonly initialMs: number; readonly maxMs: number };
  /** Positions are committed this long after they moved, default 200. */
  readonly commitIntervalMs?: number;
  /** For `close()` without an argument, default 20,000. */
  readonly closeDeadlineMs?: number;
}

/** Nest's way to consume: every method with `@Consumes` of the application's controllers gets its records from here. */
export class KafkaTransport extends Server implements CustomTransportStrategy {
  private runners: readonly GroupRunner[] = [];
  private publisher: RecordPublisher | undefined;
  private closing: Promise<void> | undefined;

  constructor(private readonly options: KafkaTransportOptions) {
    super();
  }

  /** Every group that a handler of this application consumes with. */
  groups(): readonly string[] {
    return [...new Set(this.registrations().map(({ group }) => group))];
  }

  /** What every group and partition is doing (Nest's `status` is a stream of connection states). */
  describe(): TransportStatus {
    return { groups: this.runners.map((runner) => runner.status()) };
  }

  /** Begins to consume; does not wait for a broker. Reports messaging.misconfigured for handlers that fit no contract. */
  listen(done: (error?: unknown) => void): void {
    try {
      const groups = bindingsByGroup(this.registrations());
      if (groups.size > 0) this.begin(groups);
    } catch (error) {
      done(error);
      return;
    }
    done();
  }

  /** Stops fetching, lets work in hand end, commits, leaves the groups; nothing is left running after the deadline. */
  close(deadlineMs: number = this.options.closeDeadlineMs ?? 20_000): Promise<void> {
    this.closing ??= this.closeAll(deadlineMs);
    return this.closing;
  }

  on(): never {
    throw new TypeError('a consuming transport has no events to listen to');
  }

  unwrap<Native>(): Native {
    throw new TypeError('the Kafka client is not handed out');
  }

  private async closeAll(deadlineMs: number): Promise<void> {
    await Promise.all(this.runners.map((runner) => runner.close(deadlineMs)));
    await this.publisher?.close();
  }

  private begin(groups: ReadonlyMap<string, ReadonlyMap<string, HandlerBinding>>): void {
    const { settings, logger } = this.options;
    this.publisher = createRecordPublisher({ ...settings, clientId: `${settings.clientId}-dead-letters` }, logger);
    // Until it has a broker, parking waits: nothing is committed past a record that is not parked.
    void this.publisher.connect().catch(() => undefined);
    const deadLetters = new DeadLetterWriter(this.publisher, logger);
    this.runners = [...groups].map(([group, bindings]) => this.createRunner(group, bindings, deadLetters));
    for (const runner of this.runners) runner.start();
  }

  private createRunner(
    group: string,
    bindings: ReadonlyMap<string, HandlerBinding>,
    deadLetters: DeadLetterWriter,
  ): GroupRunner {
    const { settings, logger } = this.options;
    const sessionTimeoutMs = this.options.sessionTimeoutMs ?? 30_000;
    const rebalanceTimeoutMs = this.options.rebalanceTimeoutMs ?? 60_000;
    const ports: GroupRunnerPorts = {
      createConsumer: (events) => this.createConsumer(group, [...bindings.keys()], events),
      toWire: (topic) => wireName(settings, topic),
      toLogical: (wire) => logicalName(settings, wire) ?? wire,
      haltedKeys: (binding, topic, partition) =>
        readHaltedKeys(settings, logger, { group, topic, partition }, haltingContracts(binding)),
      deadLetters,
      logger,
    };
    return new GroupRunner(
      group,
      bindings,
      {
        maxBatchRecords: this.options.maxBatchRecords ?? 1_000,
        maxQueuedBytes: this.options.maxQueuedBytesPerPartition ?? 4 * 1024 * 1024,
        maxConcurrentKeys: this.options.maxConcurrentKeys ?? 16,
        retry: this.options.retry ?? { initialMs: 200, maxMs: 30_000 },
        commitIntervalMs: this.options.commitIntervalMs ?? 200,
        // Others wait for this member: work in hand gets most of the time, the way back the rest.
        handOverMs: Math.min(rebalanceTimeoutMs / 2, 3 * sessionTimeoutMs),
      },
      ports,
    );
  }

  private createConsumer(group: string, topics: readonly string[], events: GroupConsumerEvents): KafkaJsGroupConsumer {
    const { settings, logger } = this.options;
    const sessionTimeoutMs = this.options.sessionTimeoutMs ?? 30_000;
    const maxBytesPerFetch = this.options.maxBytesPerFetch ?? 8 * 1024 * 1024;
    return new KafkaJsGroupConsumer(
      settings,
      {
        group: wireName(settings, group),
        topics: topics.map((topic) => wireName(settings, topic)),
        sessionTimeoutMs,
        heartbeatIntervalMs: this.options.heartbeatIntervalMs ?? Math.ceil(sessionTimeoutMs / 10),
        rebalanceTimeoutMs: this.options.rebalanceTimeoutMs ?? 60_000,
        maxWaitMs: 250,
        maxBytesPerFetch,
        maxBytesPerPartition: Math.min(1024 * 1024, maxBytesPerFetch),
      },
      events,
      logger,
    );
  }

  private registrations(): (HandlerRegistration & Pick<HandlerBinding, 'invoke' | 'positions'>)[] {
    const registrations = [];
    for (const handler of this.messageHandlers.values()) {
      const registration = handler.extras?.[registrationKey] as HandlerRegistration | undefined;
      if (registration === undefined) continue;
      registrations.push({
        ...registration,
        invoke: (argument: unknown) => invoke(handler, argument),
        positions: async () => (await call(handler, new PositionsRequest())) as PositionStore,
      });
    }
    return registrations;
  }
}

async function call(handler: MessageHandler, argument: unknown): Promise<unknown> {
  const result: unknown = await handler(argument, new BaseRpcContext([]));
  return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
}

/** What Nest adds around a handler (guards, pipes, interceptors) can fail too; that counts like the handler's failure. */
async function invoke(handler: MessageHandler, argument: unknown): Promise<HandlerOutcome> {
  try {
    const outcome = (await call(handler, argument)) as HandlerOutcome | undefined;
    return outcome?.done === undefined ? { done: false, error: new TypeError('no outcome') } : outcome;
  } catch (error) {
    return { done: false, error };
  }
}
