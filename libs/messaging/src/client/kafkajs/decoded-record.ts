import type { FetchedRecord } from '../port.js';
import { RecordBytes } from './record-bytes.js';

/** A record as kafkajs reads it: what {@link RecordBytes} is not for, a compressed batch for instance. */
export interface DecodedMessage {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>;
}

export function fetchedRecord(message: DecodedMessage | RecordBytes): FetchedRecord {
  return message instanceof RecordBytes ? message : new DecodedRecord(message);
}

class DecodedRecord implements FetchedRecord {
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
  readonly timestampMs: number;

  constructor({ offset, timestamp, key, value, headers = {} }: DecodedMessage) {
    this.offset = BigInt(offset);
    this.timestampMs = Number(timestamp);
    this.key = key;
    this.value = value;
    this.headers = firstOfEach(headers);
  }

  get sizeBytes(): number {
    return (this.key?.length ?? 0) + (this.value?.length ?? 0);
  }

  get keyText(): string {
    return this.key?.toString() ?? '';
  }

  headerText(name: string): string | undefined {
    return this.headers[name]?.toString();
  }
}

function firstOfEach(headers: NonNullable<DecodedMessage['headers']>): Record<string, Buffer> {
  const single: Record<string, Buffer> = {};
  for (const [name, value] of Object.entries(headers)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (Buffer.isBuffer(first)) single[name] = first;
  }
  return single;
}
