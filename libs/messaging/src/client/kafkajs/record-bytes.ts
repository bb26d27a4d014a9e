import type { FetchedRecord } from '../port.js';
import { type HeaderPlaces, readHeaders } from './header-layout.js';
import type { VarintReader } from './varint-reader.js';

/** What all records of a batch have in common. */
export interface BatchContext {
  readonly firstOffset: bigint;
  readonly firstTimestampMs: number;
  /** Set when the broker's clock counts instead of the producer's. */
  readonly appendedAtMs: number | undefined;
  readonly isControlBatch: boolean;
  /** kafkajs looks for these when a partition has aborted transactions. */
  readonly producerId: string;
  readonly inTransaction: boolean;
}

/**
 * A record as it lies in the answer that brought it. Key, value and headers are cut out when they are asked for: of
 * nine headers a consumer reads two or three, and kafkajs's own objects for them cost more than all the rest.
 */
export class RecordBytes implements FetchedRecord {
  readonly offset: bigint;
  readonly timestampMs: number;
  private readonly bytes: Buffer;
  private readonly keyAt: number;
  private readonly keyBytes: number;
  private readonly valueAt: number;
  private readonly valueBytes: number;
  private readonly headersAt: number;
  private readonly headerCount: number;
  private places: HeaderPlaces | undefined;
  private buffers: Readonly<Record<string, Buffer>> | undefined;

  /** @param reader stands at the record's length, and behind the record afterwards */
  constructor(
    reader: VarintReader,
    readonly batchContext: BatchContext,
  ) {
    const length = reader.int();
    const end = reader.at + length;
    reader.at += 1; // attributes, of which there are none
    const delta = reader.long();
    this.timestampMs = batchContext.appendedAtMs ?? batchContext.firstTimestampMs + delta;
    this.offset = batchContext.firstOffset + BigInt(reader.int());
    this.bytes = reader.bytes;
    this.keyBytes = reader.int();
    this.keyAt = reader.at;
    if (this.keyBytes > 0) reader.at += this.keyBytes;
    this.valueBytes = reader.int();
    this.valueAt = reader.at;
    if (this.valueBytes > 0) reader.at += this.valueBytes;
    this.headerCount = Math.max(reader.int(), 0);
    this.headersAt = reader.at;
    reader.at = end;
  }

  get isControlRecord(): boolean {
    return this.batchContext.isControlBatch;
  }

  get sizeBytes(): number {
    return Math.max(this.keyBytes, 0) + Math.max(this.valueBytes, 0);
  }

  get key(): Buffer | null {
    return this.keyBytes < 0 ? null : this.bytes.subarray(this.keyAt, this.keyAt + this.keyBytes);
  }

  get keyText(): string {
    return this.keyBytes <= 0 ? '' : this.bytes.toString('utf8', this.keyAt, this.keyAt + this.keyBytes);
  }

  get value(): Buffer | null {
    if (this.valueBytes < 0) return null;
    return this.bytes.subarray(this.valueAt, this.valueAt + this.valueBytes);
  }

  get headers(): Readonly<Record<string, Buffer>> {
    return (this.buffers ??= this.cutHeaders());
  }

  headerText(name: string): string | undefined {
    const { layout, values } = (this.places ??= readHeaders(this.bytes, this.headersAt, this.headerCount));
    const index = layout.indexes.get(name);
    if (index === undefined) return undefined;
    const from = values[2 * index] as number;
    return from < 0 ? undefined : layout.text(index, this.bytes, from, values[2 * index + 1] as number);
  }

  private cutHeaders(): Record<string, Buffer> {
    const { layout, values } = (this.places ??= readHeaders(this.bytes, this.headersAt, this.headerCount));
    const headers: Record<string, Buffer> = {};
    for (const [name, index] of layout.indexes) {
      const from = values[2 * index] as number;
      if (from >= 0) headers[name] = this.bytes.subarray(from, values[2 * index + 1]);
    }
    return headers;
  }
}
