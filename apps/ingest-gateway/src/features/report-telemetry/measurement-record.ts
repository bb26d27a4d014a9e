import { randomBytes } from 'node:crypto';
import { measurementReportedV1 } from '@myelin/contracts';
import type { AuthenticatedDevice } from '@myelin/device-identity';
import { type EncodedRecord, headerNames } from '@myelin/messaging';
import { injectTraceHeaders } from '@myelin/observability';
import type { Context } from '@opentelemetry/api';

export interface AcceptedReport {
  /** The canonical body. */
  readonly body: Buffer;
  readonly receivedAtMs: number;
  /** Empty when every value is within its range. */
  readonly outOfRange: string;
  /** Of a sampled request; otherwise the record carries no trace. */
  readonly trace: Context | undefined;
}

/** Makes the records of accepted reports. What does not differ from one record to the next is encoded once. */
export class MeasurementRecords {
  readonly #constant: Readonly<Record<string, Buffer>>;
  readonly #texts = new Map<string, Buffer>();
  /** With the source, unique for ever: the start of this process and a count. */
  readonly #idPrefix = `${Date.now().toString(36)}-${randomBytes(4).toString('hex')}-`;
  #count = 0;
  #timeMs = NaN;
  #time = Buffer.alloc(0);

  constructor(source: string) {
    this.#constant = {
      [headerNames.specVersion]: Buffer.from('1.0'),
      [headerNames.type]: Buffer.from(measurementReportedV1.type),
      [headerNames.source]: Buffer.from(source),
      [headerNames.contentType]: Buffer.from('application/json'),
    };
  }

  create(device: AuthenticatedDevice, report: AcceptedReport): EncodedRecord {
    const headers: Record<string, string | Buffer> = {
      ...this.#constant,
      [headerNames.id]: this.#idPrefix + (this.#count++).toString(36),
      [headerNames.time]: this.#timeOf(report.receivedAtMs),
      'myelin-device-index': String(device.index),
      'myelin-retention-class': this.#encodedOnce(device.profile.storageClass),
      'myelin-profile': this.#encodedOnce(device.profile.profile),
    };
    if (report.outOfRange !== '') headers['myelin-out-of-range'] = report.outOfRange;
    if (report.trace !== undefined) injectTraceHeaders(headers, report.trace);
    return {
      topic: measurementReportedV1.topic.name,
      key: device.key,
      value: report.body,
      headers,
      timestampMs: report.receivedAtMs,
    };
  }

  #timeOf(receivedAtMs: number): Buffer {
    if (receivedAtMs !== this.#timeMs) {
      this.#timeMs = receivedAtMs;
      this.#time = Buffer.from(new Date(receivedAtMs).toISOString());
    }
    return this.#time;
  }

  /** Retention classes and profile ids: few, bounded by the profiles of the fleet. */
  #encodedOnce(text: string): Buffer {
    let encoded = this.#texts.get(text);
    if (encoded === undefined) {
      encoded = Buffer.from(text);
      this.#texts.set(text, encoded);
    }
    return encoded;
  }
}
