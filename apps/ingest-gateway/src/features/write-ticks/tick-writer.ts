import { gatewayTickedV1, telemetryTopic } from '@myelin/contracts';
import type { DeviceDirectory } from '@myelin/device-identity';
import { type Clock, describeError } from '@myelin/kernel';
import { encodeEvent, type StreamPublisher } from '@myelin/messaging';
import type { Logger } from '@myelin/observability';

export interface TickParts {
  readonly publisher: Pick<StreamPublisher, 'append' | 'partitionCount' | 'health'>;
  /** Who the devices are: until it is ready, every report is refused. */
  readonly directory: Pick<DeviceDirectory, 'ready'>;
  readonly instance: string;
  /** `ce_source` of this gateway. */
  readonly source: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const periodMs = 500;
const roundsToConnect = 20;
const queueFull = 'the queue of the publisher is full';

/**
 * Writes a `gateway-ticked` into every telemetry partition each half second. The publisher writes the records of a
 * partition in the order of their appends, and what this instance has acknowledged was appended before, so everything
 * acknowledged before `atMs` stands before the tick. While this instance refuses all reports, because Kafka is away or full or the
 * devices are not known yet, there are no ticks: time in which no device could be heard must not pass for a reader of ticks.
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
    const { publisher, directory, logger } = this.parts;
    const { state } = publisher.health;
    if (state !== 'ready') return this.#missed(state === 'full' ? queueFull : 'Kafka is away');
    if (!directory.ready) return this.#missed('the devices are not known');
    try {
      const atMs = this.parts.clock.nowMs();
      const partitions = publisher.partitionCount(telemetryTopic.name);
      for (let partition = 0; partition < partitions; partition++) {
        if (!this.#write(partition, atMs)) return this.#missed(queueFull);
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

  /** Once per outage, not once per round. The first rounds of a start come before the connection: no outage. */
  #missed(reason: string): void {
    this.#missedRounds += 1;
    if (this.#told || (!this.#everWritten && this.#missedRounds < roundsToConnect)) return;
    this.#told = true;
    this.parts.logger.warn({ reason }, 'no ticks are written');
  }
}
