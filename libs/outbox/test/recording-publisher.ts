import { setTimeout } from 'node:timers/promises';
import { CodedError } from '@myelin/kernel';
import type { EncodedRecord, RecordPublisher } from '@myelin/messaging';

class BrokerError extends CodedError<'messaging.unavailable' | 'messaging.refused'> {}

type Outcome = 'acknowledge' | 'fail-before' | 'fail-after' | { readonly failAfterRecords: number };

/** A broker in memory: keeps what arrived, in order, and fails as told. */
export class RecordingPublisher implements RecordPublisher {
  readonly received: EncodedRecord[] = [];
  readonly sends: number[] = [];
  connects = 0;
  /** Outcomes of the next sends; acknowledged when there is none. */
  readonly outcomes: Outcome[] = [];
  /** Records that the broker says no to. */
  refuses: (record: EncodedRecord) => boolean = () => false;
  /** Runs before a send is answered. */
  beforeAnswer: () => Promise<void> = () => Promise.resolve();

  async connect(): Promise<void> {
    this.connects++;
    await setTimeout(0);
  }

  async send(records: readonly EncodedRecord[]): Promise<void> {
    this.sends.push(records.length);
    const outcome = this.outcomes.shift() ?? 'acknowledge';
    if (outcome === 'fail-before') throw BrokerError.retryable('messaging.unavailable', 'no broker');
    if (records.some(this.refuses)) throw BrokerError.permanent('messaging.refused', 'the broker says no');
    const arrived = typeof outcome === 'object' ? records.slice(0, outcome.failAfterRecords) : records;
    this.received.push(...arrived);
    await this.beforeAnswer();
    if (outcome !== 'acknowledge') throw BrokerError.retryable('messaging.unavailable', 'no answer');
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** What arrived for a key, as text. */
  valuesOf(key: string): string[] {
    return this.received.filter((record) => String(record.key) === key).map(({ value }) => String(value));
  }
}

/** Polls a condition; fails after the time with what was waited for. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > endMs) throw new Error(`waited ${timeoutMs} ms for: ${what}`);
    await setTimeout(10);
  }
}

export function record(key: string, value: string | null, more: Partial<EncodedRecord> = {}): EncodedRecord {
  return { topic: 'test.topic', key, value: value === null ? null : Buffer.from(value), headers: {}, ...more };
}
