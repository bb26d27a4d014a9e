/** One record, ready for a topic. */
export interface EncodedRecord {
  /** Logical name, without the namespace. */
  readonly topic: string;
  readonly key: string | Buffer;
  /** null = tombstone */
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string | Buffer>>;
  /** Milliseconds since the epoch; the time of sending when absent. */
  readonly timestampMs?: number;
  /** Chosen by the key when absent. */
  readonly partition?: number;
  /** When it was written to where it was kept until now, milliseconds since the epoch: its `send` span begins then. */
  readonly writtenAtMs?: number;
}
