import type { Clock } from '@myelin/kernel';
import type { AuthenticatedDevice } from '@myelin/device-identity';
import { type EncodedRecord, MessagingError, type Settled, type StreamPublisher } from '@myelin/messaging';
import type { Problem } from '@myelin/service-kit';
import type { Context } from '@opentelemetry/api';
import type { ReportRates } from '../../domain/report-rates.js';
import { type Admission, streamRefusal } from './admission.js';
import type { EncodedBody } from './body-decoding.js';
import { type CanonicalReport, checkedReport } from './checked-report.js';
import type { MeasurementRecords } from './measurement-record.js';
import type { ReportCounters } from './report-counters.js';

export interface ReceivedReport {
  readonly device: AuthenticatedDevice;
  readonly body: EncodedBody;
  readonly trace: Context | undefined;
}

export interface HandlerParts {
  readonly admission: Admission;
  readonly publisher: Pick<StreamPublisher, 'append' | 'health'>;
  readonly records: MeasurementRecords;
  readonly rates: ReportRates;
  readonly counters: ReportCounters;
  readonly clock: Clock;
}

/** From a body to an acknowledged record. A report is taken whole or refused whole. */
export class ReportTelemetryHandler {
  constructor(private readonly parts: HandlerParts) {}

  /**
   * `settled` is called once, after Kafka acknowledged the report or failed to; never when this throws.
   * @throws Problem when the report is refused; nothing was written then
   */
  handle(received: ReceivedReport, settled: (problem: Problem | undefined, accepted: number) => void): void {
    const { device } = received;
    const receivedAtMs = this.parts.clock.nowMs();
    const { body, count, outOfRange } = this.#checked(received, receivedAtMs);
    this.parts.admission.assertRate(device, count, receivedAtMs);
    const record = this.parts.records.create(device, { body, receivedAtMs, outOfRange, trace: received.trace });
    this.#append(record, (error) => {
      if (error === undefined) this.#countAccepted(device.tenant, count, body.length, outOfRange);
      settled(error === undefined ? undefined : unwritten(error), count);
    });
    this.parts.rates.take(device, count, receivedAtMs);
  }

  #append(record: EncodedRecord, settled: Settled): void {
    const { publisher } = this.parts;
    let taken: boolean;
    try {
      taken = publisher.append(record, settled);
    } catch (error) {
      // The topic is not known: Kafka has not told about it yet.
      if (error instanceof MessagingError) throw unwritten(error);
      throw error;
    }
    if (!taken) throw streamRefusal(publisher.health.state === 'full' ? 'full' : 'away');
  }

  /** A refused body counts as one measurement, so that sending nonsense is limited too. */
  #checked({ device, body }: ReceivedReport, nowMs: number): CanonicalReport {
    try {
      return checkedReport(body, device, nowMs);
    } catch (error) {
      this.parts.rates.take(device, 1, nowMs);
      throw error;
    }
  }

  #countAccepted(tenant: string, count: number, bytes: number, outOfRange: string): void {
    const { counters } = this.parts;
    counters.accepted(tenant);
    counters.acceptedMeasurements += count;
    counters.acceptedBytes += bytes;
    if (outOfRange !== '') counters.outOfRangeValues += outOfRange.split(',').length;
  }
}

function unwritten(cause: MessagingError): Problem {
  const problem = streamRefusal('failed');
  problem.cause = cause;
  return problem;
}
