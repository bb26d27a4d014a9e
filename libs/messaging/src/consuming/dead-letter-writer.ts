import { deadLetterTopicName } from '@myelin/contracts';
import { CodedError } from '@myelin/kernel';
import { RareNotes } from '@myelin/observability';
import { Backoff } from '../backoff.js';
import type { FetchedRecord } from '../client/port.js';
import { headerNames, deadLetterHeaders as names } from '../encoding/header-names.js';
import type { RecordPublisher } from '../publishing/record-publisher.js';
import type { MessagingLogger } from '../settings.js';
import { countDeadLetter } from '../tracing/messaging-metrics.js';

export interface ParkedPlace {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
}

export interface ParkReason {
  readonly error: unknown;
  readonly attempts: number;
  readonly firstFailedAtMs: number;
}

const maxMessageLength = 1_000;
/** A dead letter that is parked again says why it failed this time, not how it came here. */
const transient = new Set<string>([headerNames.replayFor, headerNames.replayRun, headerNames.replayThrough]);

/** Writes dead letters: the original key, value and headers, in the same partition, and why. */
export class DeadLetterWriter {
  private readonly notes = new RareNotes();

  constructor(
    private readonly publisher: RecordPublisher,
    private readonly logger: MessagingLogger,
  ) {}

  /** Resolves true once the dead letter is acknowledged, false when the signal was aborted before. */
  async park(place: ParkedPlace, record: FetchedRecord, reason: ParkReason, signal: AbortSignal): Promise<boolean> {
    const { key, value } = record;
    const kept = Object.entries(record.headers).filter(([name]) => !transient.has(name));
    const headers = { ...Object.fromEntries(kept), ...headersOf(place, record, reason) };
    const written = await this.write(place, key, value, headers, signal);
    if (written) {
      countDeadLetter(place.group, place.topic, classOf(reason.error));
      this.note(place, record.offset, classOf(reason.error));
    }
    return written;
  }

  /** Each dead letter says where it is from and why; thousands of lines would add nothing. */
  private note(place: ParkedPlace, offset: bigint, error: string): void {
    const due = this.notes.due(`${place.group} ${place.topic} ${error}`);
    if (due !== undefined)
      this.logger.error({ ...place, offset: String(offset), error, ...due }, 'a record was parked');
  }

  /** Notes that the group has dealt with the dead letters of a key up to an offset. */
  mark(place: ParkedPlace, key: Buffer | null, through: bigint, signal: AbortSignal): Promise<boolean> {
    return this.write(place, key, null, { [names.replayedThrough]: String(through) }, signal);
  }

  private async write(
    place: ParkedPlace,
    key: Buffer | null,
    value: Buffer | null,
    headers: Readonly<Record<string, string | Buffer>>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const backoff = new Backoff({ initialMs: 100, maxMs: 5_000 });
    const topic = deadLetterTopicName(place.topic, place.group);
    while (!signal.aborted) {
      try {
        // The same partition as the record's: what is parked of a partition can be read without the others.
        const { partition } = place;
        await this.publisher.send([{ topic, key: key ?? Buffer.alloc(0), value, headers, partition }]);
        return true;
      } catch (error) {
        this.logger.warn({ ...place, reason: (error as Error).message }, 'a dead letter cannot be written yet');
        await backoff.rest(signal);
      }
    }
    return false;
  }
}

function headersOf(place: ParkedPlace, record: FetchedRecord, reason: ParkReason): Record<string, string> {
  return {
    [names.originalTopic]: place.topic,
    [names.originalPartition]: String(place.partition),
    [names.originalOffset]: String(record.offset),
    [names.originalTimestamp]: String(record.timestampMs),
    [names.group]: place.group,
    [names.errorClass]: classOf(reason.error),
    [names.errorMessage]: messageOf(reason.error).slice(0, maxMessageLength),
    [names.attempts]: String(reason.attempts),
    [names.firstFailedAt]: new Date(reason.firstFailedAtMs).toISOString(),
  };
}

export function classOf(error: unknown): string {
  if (error instanceof CodedError) return (error as CodedError).code;
  return error instanceof Error ? error.name : typeof error;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
