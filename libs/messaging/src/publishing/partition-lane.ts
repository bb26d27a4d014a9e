import type { EncodedRecord } from '../encoding/encoded-record.js';
import type { WireRecord } from '../client/port.js';
import type { Settled } from './stream-publisher.js';

export interface QueuedRecord {
  readonly wire: WireRecord;
  readonly bytes: number;
  readonly settled: Settled;
  readonly appendedAtMs: number;
  readonly writtenAtMs?: number | undefined;
}

/** Records that travel together. Once sent its content is frozen, so that the broker recognises it when sent again. */
export interface Batch {
  readonly records: readonly QueuedRecord[];
  readonly bytes: number;
  readonly firstAppendedAtMs: number;
}

export interface BatchLimits {
  readonly lingerMs: number;
  readonly maxBatchBytes: number;
  readonly maxBatchRecords: number;
}

/** Rough cost of a record on the wire beside its key, value and headers. */
const recordOverheadBytes = 32;

export function sizeOfRecord(record: EncodedRecord): number {
  let bytes = recordOverheadBytes + lengthOf(record.key) + (record.value?.length ?? 0);
  const { headers } = record;
  for (const name in headers) bytes += name.length + lengthOf(headers[name] as string | Buffer) + 2;
  return bytes;
}

function lengthOf(part: string | Buffer): number {
  return typeof part === 'string' ? Buffer.byteLength(part) : part.length;
}

/**
 * The queue of one partition, as a state machine without clock or network. At most one batch is out at a time, and a
 * batch that came back is the next one out: this is what keeps the order of a key through retries.
 */
export class PartitionLane {
  private readonly waiting: Batch[] = [];
  private open: QueuedRecord[] = [];
  private openBytes = 0;
  private out: Batch | undefined;
  /** Set while the batch at the head has been sent before. */
  private retriedHead = false;

  constructor(private readonly limits: BatchLimits) {}

  get busy(): boolean {
    return this.out !== undefined;
  }

  get empty(): boolean {
    return this.out === undefined && this.waiting.length === 0 && this.open.length === 0;
  }

  append(record: QueuedRecord): void {
    const { maxBatchBytes, maxBatchRecords } = this.limits;
    if (this.open.length > 0 && this.openBytes + record.bytes > maxBatchBytes) this.seal();
    this.open.push(record);
    this.openBytes += record.bytes;
    if (this.open.length >= maxBatchRecords || this.openBytes >= maxBatchBytes) this.seal();
  }

  /** When the head may leave, on the scale of `appendedAtMs`; undefined when there is nothing or a batch is out. */
  dueAtMs(): number | undefined {
    if (this.out !== undefined) return undefined;
    if (this.waiting.length > 0) return 0;
    const oldest = this.open[0];
    return oldest === undefined ? undefined : oldest.appendedAtMs + this.limits.lingerMs;
  }

  /** The next batch to send; it counts as out until it is settled or handed back. */
  take(): Batch | undefined {
    if (this.out !== undefined) return undefined;
    if (this.waiting.length === 0) this.seal();
    this.out = this.waiting.shift();
    return this.out;
  }

  /** The batch that was out is done with, for better or worse. */
  done(): void {
    this.out = undefined;
    this.retriedHead = false;
  }

  /** The batch that was out comes first again, unchanged. */
  putBack(): void {
    if (this.out === undefined) return;
    this.waiting.unshift(this.out);
    this.out = undefined;
    this.retriedHead = true;
  }

  /** Replaces the batch that was out by two halves, in order: to find the record that the broker refuses. */
  splitOut(): void {
    const batch = this.out;
    if (batch === undefined || batch.records.length < 2) return;
    const middle = Math.ceil(batch.records.length / 2);
    this.waiting.unshift(batchOf(batch.records.slice(0, middle)), batchOf(batch.records.slice(middle)));
    this.out = undefined;
    this.retriedHead = false;
  }

  /** Takes out, in order, what waits under the keys of these records; nothing may be out. */
  removeKeysOf(records: readonly QueuedRecord[]): QueuedRecord[] {
    const keys = new Set(records.map(({ wire }) => keyOf(wire)));
    const hasKey = ({ wire }: QueuedRecord): boolean => keys.has(keyOf(wire));
    this.seal();
    const behind = this.waiting.flatMap((batch) => batch.records.filter(hasKey));
    if (behind.length === 0) return behind;
    const kept = this.waiting.map((batch) => batch.records.filter((record) => !hasKey(record)));
    this.waiting.splice(0, Infinity, ...kept.filter((batch) => batch.length > 0).map(batchOf));
    return behind;
  }

  /** True when the head was sent before and its fate is not known. */
  get headUncertain(): boolean {
    return this.retriedHead;
  }

  /** The oldest record that is not settled, out or not. */
  oldestAppendedAtMs(): number | undefined {
    return (this.out ?? this.waiting[0])?.firstAppendedAtMs ?? this.open[0]?.appendedAtMs;
  }

  /** Empties the queue, in order; not what is out. */
  drain(): QueuedRecord[] {
    this.seal();
    this.retriedHead = false;
    return this.waiting.splice(0).flatMap((batch) => batch.records);
  }

  private seal(): void {
    if (this.open.length === 0) return;
    this.waiting.push({
      records: this.open,
      bytes: this.openBytes,
      firstAppendedAtMs: (this.open[0] as QueuedRecord).appendedAtMs,
    });
    this.open = [];
    this.openBytes = 0;
  }
}

function keyOf({ key }: WireRecord): string {
  return Buffer.from(key as string).toString('latin1');
}

function batchOf(records: readonly QueuedRecord[]): Batch {
  let bytes = 0;
  for (const record of records) bytes += record.bytes;
  return { records, bytes, firstAppendedAtMs: (records[0] as QueuedRecord).appendedAtMs };
}
