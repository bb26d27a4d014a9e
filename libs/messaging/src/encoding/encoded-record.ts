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
}
