import type { EventContract } from '@myelin/contracts';
import type { Context } from '@opentelemetry/api';
import type { FetchedRecord } from '../client/port.js';
import { decodePayload } from '../encoding/decode-event.js';
import { headerNames } from '../encoding/header-names.js';
import { PoisonRecord } from '../messaging.errors.js';
import type { ReceivedRecord } from './received-record.js';

/** A fetched record as handlers see it; texts and the payload are made when first asked for. */
export class RecordView implements ReceivedRecord {
  private texts: Readonly<Record<string, string>> | undefined;
  private decoded: { readonly payload: unknown } | undefined;
  private keyText: string | undefined;

  constructor(
    readonly raw: FetchedRecord,
    readonly contract: EventContract,
    readonly topic: string,
    readonly partition: number,
    readonly traceContext?: Context,
  ) {}

  get key(): string {
    return (this.keyText ??= this.raw.keyText);
  }

  get value(): Buffer | null {
    return this.raw.value;
  }

  get offset(): bigint {
    return this.raw.offset;
  }

  get timestampMs(): number {
    return this.raw.timestampMs;
  }

  get headers(): Readonly<Record<string, string>> {
    return (this.texts ??= Object.fromEntries(
      Object.entries(this.raw.headers).map(([name, value]) => [name, value.toString()]),
    ));
  }

  /** The same text as in `headers`, without making the others. */
  headerText(name: string): string | undefined {
    return this.raw.headerText(name);
  }

  /** Which replay of dead letters brings the record; undefined when it comes for the first time. */
  get replayRun(): string | undefined {
    return this.raw.headerText(headerNames.replayRun);
  }

  /** Set on the last record of its key in a replay. */
  get replayThrough(): bigint | undefined {
    const through = this.raw.headerText(headerNames.replayThrough);
    return through === undefined ? undefined : BigInt(through);
  }

  get endsReplay(): boolean {
    return this.raw.headerText(headerNames.replayThrough) !== undefined;
  }

  payload(): unknown {
    this.decoded ??= { payload: this.raw.value === null ? null : this.decode(this.raw.value) };
    return this.decoded.payload;
  }

  private decode(value: Buffer): unknown {
    try {
      return decodePayload(this.contract, value);
    } catch (error) {
      const { code, message, cause } = error as PoisonRecord;
      throw PoisonRecord.at(this.offset, code, message, { cause });
    }
  }
}
