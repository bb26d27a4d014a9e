import { gatewayLoadStateV1 } from '@myelin/contracts';
import { type Clock, describeError } from '@myelin/kernel';
import { type RecordPublisher, encodeEvent } from '@myelin/messaging';
import type { Logger } from '@myelin/observability';

export interface LoadParts {
  /**
   * Its own, beside that of measurements: a full queue has no room for the word that it is full, and that word must take the room of no
   * measurement.
   */
  readonly publisher: RecordPublisher;
  /** Reports that were refused because more was waiting than the gateway may hold, since it started. */
  readonly refusedReports: () => number;
  readonly instance: string;
  /** `ce_source` of this gateway. */
  readonly source: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const periodMs = 1_000;
/** How long a word holds. */
export const overloadMs = 30_000;
/** A gateway that still refuses says so again when its word holds no longer than this. */
export const renewedBeforeMs = 10_000;

/**
 * Says that the gateway is overloaded when it refuses reports for that, and again before its word ends while it goes on refusing. That
 * it is not any more is not said: the word ends by itself, half a minute after the last refusal at most. While Kafka is away nothing is
 * said: a word that cannot be written is said anew with the next second in which reports are refused.
 */
export class LoadTeller {
  #timer: NodeJS.Timeout | undefined;
  #connected: Promise<void> | undefined;
  #telling: Promise<void> | undefined;
  #seenRefused = 0;
  #saidUntilMs = 0;
  #version = 0;

  constructor(private readonly parts: LoadParts) {}

  start(): void {
    this.#timer ??= setInterval(() => void this.look(), periodMs);
  }

  /** Ends the connection. Never rejects. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.parts.publisher.close().catch(() => undefined);
  }

  /** What was refused since the last look. One word at a time. Never rejects. */
  async look(): Promise<void> {
    if (this.#telling !== undefined) return this.#telling;
    const refused = this.parts.refusedReports();
    const isRefusing = refused > this.#seenRefused;
    this.#seenRefused = refused;
    const nowMs = this.parts.clock.nowMs();
    // A clock that was set back leaves a word behind that would never be said again.
    const isSaid = this.#saidUntilMs > nowMs + renewedBeforeMs && this.#saidUntilMs <= nowMs + overloadMs;
    if (!isRefusing || isSaid) return;
    this.#telling = this.#tell(nowMs);
    await this.#telling;
    this.#telling = undefined;
  }

  async #tell(nowMs: number): Promise<void> {
    const { publisher, instance, source, logger } = this.parts;
    const untilMs = nowMs + overloadMs;
    this.#version = Math.max(nowMs, this.#version + 1);
    const payload = { gateway: instance, overloadedUntil: new Date(untilMs).toISOString(), version: this.#version };
    const event = { contract: gatewayLoadStateV1, key: instance, payload, timeMs: nowMs, version: this.#version };
    try {
      await this.#connect();
      await publisher.send([encodeEvent(event, source)]);
      if (this.#saidUntilMs <= nowMs) logger.warn({ untilMs }, 'the gateway says that it is overloaded');
      this.#saidUntilMs = untilMs;
    } catch (error) {
      logger.debug({ error: describeError(error) }, 'that the gateway is overloaded could not be said');
    }
  }

  /** A gateway that is never overloaded has no connection for it. */
  async #connect(): Promise<void> {
    this.#connected ??= this.parts.publisher.connect();
    try {
      await this.#connected;
    } catch (error) {
      this.#connected = undefined;
      throw error;
    }
  }
}
