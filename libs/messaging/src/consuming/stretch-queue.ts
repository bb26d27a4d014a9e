import type { FetchedBatch, FetchedRecord } from '../client/port.js';

/** A run of records of one partition, without a gap. */
export interface Stretch {
  readonly records: readonly FetchedRecord[];
  /** Position before and after, offsets without a record included. */
  readonly from: bigint;
  readonly next: bigint;
  readonly highWatermark: bigint;
}

/** Fetched and not yet taken, in the partition's order. */
export class StretchQueue {
  private readonly batches: FetchedBatch[] = [];
  private byteCount = 0;

  get isEmpty(): boolean {
    return this.batches.length === 0;
  }

  get records(): number {
    return this.batches.reduce((sum, { records }) => sum + records.length, 0);
  }

  /** Time of the oldest record; undefined when there is none. */
  get oldestMs(): number | undefined {
    return this.batches.find(({ records }) => records.length > 0)?.records[0]?.timestampMs;
  }

  /** Objects around key, value and headers included, roughly. */
  get bytes(): number {
    return this.byteCount;
  }

  push(batch: FetchedBatch): void {
    this.batches.push(batch);
    for (const record of batch.records) this.byteCount += bytesOf(record);
  }

  /** As many records as there are, up to `maxRecords`: a fetched batch is cut where it has to be. */
  take(from: bigint, maxRecords: number, highWatermark: bigint): Stretch {
    const records: FetchedRecord[] = [];
    let next = from;
    while (this.batches.length > 0 && records.length < maxRecords) {
      const batch = this.batches.shift() as FetchedBatch;
      const room = maxRecords - records.length;
      const rest = batch.records[room];
      for (const record of rest === undefined ? batch.records : batch.records.slice(0, room)) records.push(record);
      next = rest?.offset ?? batch.nextOffset;
      if (rest === undefined) continue;
      this.batches.unshift({ ...batch, records: batch.records.slice(room), fetchedFrom: rest.offset });
    }
    for (const record of records) this.byteCount -= bytesOf(record);
    return { records, from, next, highWatermark };
  }
}

function bytesOf(record: FetchedRecord): number {
  return 256 + record.sizeBytes;
}
