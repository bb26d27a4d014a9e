import { telemetryTopic } from '@myelin/contracts';
import {
  createDeviceDirectory,
  createFollowedDevices,
  type DeviceDirectory,
  type FollowedDevices,
} from '@myelin/device-identity';
import { CodedError, describeError, systemClock } from '@myelin/kernel';
import { type KafkaSettings, type StreamPublisher, createRecordPublisher } from '@myelin/messaging';
import { createStreamPublisher } from '@myelin/messaging/streams';
import type { Logger } from '@myelin/observability';
import type { HealthCheck } from '@myelin/service-kit';
import type { GatewayConfig } from './config.js';
import { FailedAttempts } from './domain/failed-attempts.js';
import { ReportRates } from './domain/report-rates.js';
import { Admission } from './features/report-telemetry/admission.js';
import { MeasurementRecords } from './features/report-telemetry/measurement-record.js';
import { ReportCounters } from './features/report-telemetry/report-counters.js';
import { ReportTelemetryHandler } from './features/report-telemetry/report-telemetry.handler.js';
import type { RouteParts } from './features/report-telemetry/report-telemetry.route.js';
import { LoadTeller } from './features/tell-load/load-teller.js';
import { TickWriter } from './features/write-ticks/tick-writer.js';
import { persist } from './persistent-start.js';

/** Why the gateway is not ready. */
export class GatewayError extends CodedError<
  'gateway.directory-behind' | 'gateway.directory-old' | 'gateway.topic-unknown' | 'gateway.publisher-not-ready'
> {}

const clock = systemClock;
const maxRememberedAddresses = 50_000;
/** A revocation is to be seen within 2 s; beyond this, somebody should know that it may not be. */
const maxDirectoryLagMs = 10_000;

/** Everything of the gateway but its HTTP server: what the routes need, and what must be started and closed. */
export class Gateway {
  readonly counters = new ReportCounters();
  readonly #directory: DeviceDirectory;
  readonly #followed: FollowedDevices;
  readonly #publisher: StreamPublisher;
  readonly #ticks: TickWriter;
  readonly #load: LoadTeller;
  readonly #routes: RouteParts;
  readonly #stopped = new AbortController();
  #topicKnown = false;
  #unobserve: () => void = () => undefined;

  constructor(
    config: GatewayConfig,
    private readonly logger: Logger,
  ) {
    const settings: KafkaSettings = {
      brokers: config.brokers,
      clientId: `ingest-gateway-${config.instance}`,
      namespace: config.kafkaNamespace,
    };
    const { lingerMs, maxQueuedBytes, deliveryTimeoutMs, instance } = config;
    const source = `/gateways/${instance}`;
    const engine = config.engine === undefined ? {} : { engine: config.engine };
    const batching = { lingerMs, maxQueuedBytes, deliveryTimeoutMs, ...engine };
    const publisher = createStreamPublisher(settings, batching, logger);
    const directory = createDeviceDirectory(settings, logger);
    const rates = new ReportRates(config.instances);
    const failedAttempts = new FailedAttempts(config.failedAttemptsPerSecond, maxRememberedAddresses);
    const { counters } = this;
    const admission = new Admission({ directory, publisher, rates, failedAttempts, counters, clock });
    const records = new MeasurementRecords(source);
    const handler = new ReportTelemetryHandler({ admission, publisher, records, rates, counters, clock });
    this.#directory = directory;
    this.#followed = createFollowedDevices(settings, logger);
    this.#publisher = publisher;
    this.#ticks = new TickWriter({ publisher, directory, instance, source, clock, logger });
    const refusedReports = (): number => counters.refusedByType.get('overloaded') ?? 0;
    const words = createRecordPublisher(settings, logger);
    this.#load = new LoadTeller({ publisher: words, refusedReports, instance, source, clock, logger });
    this.#routes = { admission, handler, rates, followed: this.#followed, counters, clock };
  }

  get routes(): RouteParts {
    return this.#routes;
  }

  /** Returns at once: until Kafka is there and the directory has caught up, reports are answered with 503. */
  start(): void {
    const { signal } = this.#stopped;
    this.#unobserve = this.counters.export(() => this.#publisher.health.queuedBytes);
    this.#publisher.onState((state) => this.logger.info({ state }, 'publisher changed its state'));
    void persist({ what: 'publisher', signal, logger: this.logger }, async () => {
      await this.#publisher.connect();
      this.#publisher.partitionCount(telemetryTopic.name);
      this.#topicKnown = true;
    });
    void persist({ what: 'device directory', signal, logger: this.logger }, async () => {
      await this.#directory.start();
      this.logger.info({ ...this.#directory.status }, 'device directory has caught up');
    });
    // Whoever is followed is of use to operators only: nothing waits for it.
    void persist({ what: 'followed devices', signal, logger: this.logger }, () => this.#followed.start());
    this.#ticks.start();
    this.#load.start();
  }

  healthChecks(): readonly HealthCheck[] {
    return [
      { name: 'device-directory', critical: true, check: async () => this.#assertDirectory() },
      // Not critical: Kafka away makes it old everywhere, and then devices are refused for that.
      { name: 'device-directory-age', critical: false, check: async () => this.#assertDirectoryAge() },
      { name: 'telemetry-topic', critical: true, check: async () => this.#assertTopicKnown() },
      // Not critical, for the same reason: without any gateway nobody would tell devices when to come again.
      { name: 'publisher', critical: false, check: async () => this.#assertPublisher() },
    ];
  }

  /** After the server took its last request: everything taken is written or refused. */
  async close(deadlineMs: number): Promise<void> {
    this.#stopped.abort();
    this.#unobserve();
    this.#ticks.stop();
    const tables = [this.#directory.close(), this.#followed.close()];
    const closing = [this.#publisher.close(deadlineMs), ...tables, this.#load.close()];
    const closed = await Promise.allSettled(closing);
    for (const outcome of closed) {
      if (outcome.status === 'rejected') this.logger.error({ error: describeError(outcome.reason) }, 'closing failed');
    }
  }

  #assertDirectory(): void {
    if (this.#directory.ready) return;
    throw GatewayError.retryable('gateway.directory-behind', 'the device directory has not caught up');
  }

  #assertDirectoryAge(): void {
    const { lagMs = 0 } = this.#directory.status;
    if (lagMs <= maxDirectoryLagMs) return;
    throw GatewayError.retryable(
      'gateway.directory-old',
      `changes since ${Math.round(lagMs / 1_000)} s may be unknown`,
    );
  }

  /** Of the start only: once known, it stays known. */
  #assertTopicKnown(): void {
    if (this.#topicKnown) return;
    throw GatewayError.retryable('gateway.topic-unknown', 'the telemetry topic is not known yet');
  }

  #assertPublisher(): void {
    const { state } = this.#publisher.health;
    if (state !== 'ready') throw GatewayError.retryable('gateway.publisher-not-ready', `the publisher is ${state}`);
  }
}
