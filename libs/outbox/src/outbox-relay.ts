import { setTimeout } from 'node:timers/promises';
import type { RecordPublisher } from '@myelin/messaging';
import type { Logger } from '@myelin/observability';
import {
  type DedicatedConnection,
  type HealthCheck,
  openDedicatedConnection,
  quoteIdentifier,
  translateDatabaseError,
} from '@myelin/persistence';
import type { DataSource } from 'typeorm';
import { Backoff } from './backoff.js';
import { OutboxError } from './outbox.errors.js';
import { schemaOf } from './outbox-names.js';
import { RelayMetrics } from './relay-metrics.js';
import { RelaySession, type RelaySessionSettings } from './relay-session.js';
import { WakeUp } from './wake-up.js';

export interface OutboxRelaySettings {
  /** Connected with the application role; the relay takes its address and opens one connection of its own. */
  readonly dataSource: DataSource;
  /** Connected by the relay before its first record; closing it is its owner's work, after the relay. */
  readonly publisher: RecordPublisher;
  readonly logger: Logger;
  /** How often to look when no notification came, and to ask for the lock while another relay has it; 1,000 by default. */
  readonly pollMs?: number;
  /** Records per publish at most, 500 by default. */
  readonly batchSize?: number;
  /** Bytes per publish at most (one record may be larger); 512 KiB by default, below Kafka's message.max.bytes. */
  readonly maxBatchBytes?: number;
  /** Unhealthy when the oldest record is older; 30,000 by default. */
  readonly alarmAgeMs?: number;
  /** From taking the lock to the first publish, so that a dead holder's last request arrives before; 500 by default. */
  readonly settleMs?: number;
  /** How long a refused record holds its key before it is tried again; 5,000 by default. */
  readonly heldRetryMs?: number;
}

/** One active relay per schema; the others stand by. */
export interface OutboxRelay {
  /** Returns at once; database and broker may come later. */
  start(): void;
  /** Ends after the publish under way, at the latest after `deadlineMs` (5,000 by default). */
  close(deadlineMs?: number): Promise<void>;
  /** Not critical: a service whose events are late still takes requests. */
  health(): HealthCheck;
  /** Age of the oldest record that is not published, 0 when there is none. @throws PersistenceError */
  oldestAgeMs(): Promise<number>;
  /** Whether this relay holds the schema's lock now. */
  readonly active: boolean;
}

export function createOutboxRelay(settings: OutboxRelaySettings): OutboxRelay {
  return new Relay(settings);
}

class Relay implements OutboxRelay {
  active = false;
  private readonly schema: string;
  private readonly wakeUp = new WakeUp();
  private readonly backoff = new Backoff();
  private readonly metrics: RelayMetrics;
  private readonly sessionSettings: RelaySessionSettings;
  private connection: DedicatedConnection | undefined;
  private running: Promise<void> | undefined;
  private closing = false;
  private lastError: unknown;
  private readonly alarmAgeMs: number;

  constructor(private readonly settings: OutboxRelaySettings) {
    this.schema = schemaOf(settings.dataSource);
    this.alarmAgeMs = settings.alarmAgeMs ?? 30_000;
    this.metrics = new RelayMetrics(this.schema, {
      oldestAgeMs: () => this.oldestAgeMs(),
      depth: () => this.depth(),
    });
    this.sessionSettings = {
      schema: this.schema,
      publisher: connectedOnce(settings.publisher),
      logger: settings.logger,
      pollMs: settings.pollMs ?? 1_000,
      settleMs: settings.settleMs ?? 500,
      heldRetryMs: settings.heldRetryMs ?? 5_000,
      limits: { maxRecords: settings.batchSize ?? 500, maxBytes: settings.maxBatchBytes ?? 524_288 },
    };
  }

  start(): void {
    this.metrics.start();
    this.running ??= this.run();
  }

  async close(deadlineMs = 5_000): Promise<void> {
    this.closing = true;
    this.wakeUp.call();
    this.metrics.stop();
    await Promise.race([this.running, setTimeout(deadlineMs, undefined, { ref: false })]);
    await this.connection?.close();
  }

  health(): HealthCheck {
    return {
      name: 'outbox',
      critical: false,
      check: async () => {
        const oldestAgeMs = await this.oldestAgeMs();
        if (oldestAgeMs <= this.alarmAgeMs) return;
        const options = { cause: this.lastError, details: { oldestAgeMs, alarmAgeMs: this.alarmAgeMs } };
        throw OutboxError.retryable('outbox.delayed', `the oldest record waits for ${oldestAgeMs} ms`, options);
      },
    };
  }

  async oldestAgeMs(): Promise<number> {
    try {
      const [row] = (await this.settings.dataSource.query(
        `SELECT greatest(0, extract(epoch FROM clock_timestamp() - created_at) * 1000)::float8 AS "ageMs"
         FROM ${quoteIdentifier(this.schema)}.outbox ORDER BY seq LIMIT 1`,
      )) as { ageMs: number }[];
      return Math.round(row?.ageMs ?? 0);
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }

  /** Counted no further than is worth knowing: a long outage leaves millions. */
  private async depth(): Promise<number> {
    const [row] = (await this.settings.dataSource.query(
      `SELECT count(*)::integer AS depth FROM (SELECT FROM ${quoteIdentifier(this.schema)}.outbox LIMIT 10000) AS waiting`,
    )) as { depth: number }[];
    return row?.depth ?? 0;
  }

  private async run(): Promise<void> {
    while (!this.closing) {
      try {
        await this.runSession();
      } catch (error) {
        this.report(error);
        this.backoff.fail();
        await this.wakeUp.wait(this.backoff.pauseMs());
      }
    }
  }

  /** A new session always starts without the lock: what happened between two sessions is unknown. */
  private async runSession(): Promise<void> {
    const connection = await openDedicatedConnection(this.settings.dataSource, { purpose: 'outbox-relay' });
    this.connection = connection;
    const observer = {
      activeChanged: (active: boolean) => this.changeActive(active),
      published: (records: number) => this.metrics.published(records),
      failed: (error: unknown) => this.report(error),
    };
    try {
      const closing = (): boolean => this.closing;
      await new RelaySession(connection, this.sessionSettings, observer, this.wakeUp, this.backoff, closing).run();
    } finally {
      this.connection = undefined;
      await connection.close();
    }
  }

  private changeActive(active: boolean): void {
    this.active = active;
    this.settings.logger.info({ schema: this.schema }, active ? 'outbox relay is active' : 'outbox relay stands back');
  }

  private report(error: unknown): void {
    this.lastError = error;
    this.settings.logger.warn({ err: error, schema: this.schema }, 'outbox relay will try again');
  }
}

/** The relay starts without a broker, so it connects when it first has something to send. */
function connectedOnce(publisher: RecordPublisher): RecordPublisher {
  let connected = false;
  return {
    connect: () => publisher.connect(),
    close: () => publisher.close(),
    async send(records) {
      if (!connected) await publisher.connect();
      connected = true;
      await publisher.send(records);
    },
  };
}
