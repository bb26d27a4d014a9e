import { gatewayTickedV1, telemetryTopic } from '@myelin/contracts';
import { type Clock, describeError } from '@myelin/kernel';
import { encodeEvent, type StreamPublisher } from '@myelin/messaging';
import type { Logger } from '@myelin/observability';

export interface TickParts {
  readonly publisher: Pick<StreamPublisher, 'append' | 'partitionCount' | 'health'>;
  readonly instance: string;
  /** `ce_source` of this gateway. */
  readonly source: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const periodMs = 1_000;
const roundsToConnect = 10;

/**
 * Writes a `gateway-ticked` into every telemetry partition each second. The publisher writes the records of a
 * partition in the order of their appends, and what this instance has acknowledged was appended before, so everything
 * acknowledged before `atMs` stands before the tick. While Kafka is away there are no ticks: that is what a reader
 * of ticks must see.
 */
export class TickWriter {
  #timer: NodeJS.Timeout | undefined;
  #missedRounds = 0;
  #everWritten = false;
  #told = false;

  constructor(private readonly parts: TickParts) {}

  start(): void {
    this.#timer ??= setInterval(() => this.tick(), periodMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** One tick into every partition. Never throws. */
  tick(): void {
    const { publisher, logger } = this.parts;
    if (publisher.health.state === 'closed' || publisher.health.state === 'away') {
      this.#missed('Kafka is away');
      return;
    }
    try {
      const atMs = this.parts.clock.nowMs();
      const partitions = publisher.partitionCount(telemetryTopic.name);
      for (let partition = 0; partition < partitions; partition++) {
        if (!this.#write(partition, atMs)) return this.#missed('the queue of the publisher is full');
      }
      if (this.#told) logger.info({ missedRounds: this.#missedRounds }, 'ticks are written again');
      this.#told = false;
      this.#everWritten = true;
      this.#missedRounds = 0;
    } catch (error) {
      this.#missed(describeError(error));
    }
  }

  /** False: there was no room. */
  #write(partition: number, atMs: number): boolean {
    const { publisher, instance, source, logger } = this.parts;
    const record = encodeEvent(
      { contract: gatewayTickedV1, key: instance, payload: { instance, atMs }, timeMs: atMs, partition },
      source,
    );
    return publisher.append(record, (error) => {
      if (error !== undefined) logger.debug({ partition, error: describeError(error) }, 'a tick was not written');
    });
  }

  /** Once per outage, not once per second. The first rounds of a start come before the connection: no outage. */
  #missed(reason: string): void {
    this.#missedRounds += 1;
    if (this.#told || (!this.#everWritten && this.#missedRounds < roundsToConnect)) return;
    this.#told = true;
    this.parts.logger.warn({ reason }, 'no ticks are written');
  }
}
