import type { Clock } from '@myelin/kernel';
import type { AuthenticatedDevice } from '@myelin/device-identity';
import type { MessagingError, StreamPublisher } from '@myelin/messaging';
import type { Problem } from '@myelin/service-kit';
import type { Context } from '@opentelemetry/api';
import { checkReport, type CheckedReport, ReportFault } from '../../domain/report-check.js';
import type { ReportRates } from '../../domain/report-rates.js';
import { type Admission, streamRefusal } from './admission.js';
import { inflated, parsedJson } from './body-reading.js';
import { checkedAgainstContract } from './contract-check.js';
import type { MeasurementRecords } from './measurement-record.js';
import { refusal, type RefusalType } from './refusals.js';
import type { ReportCounters } from './report-counters.js';

export interface ReceivedReport {
  readonly device: AuthenticatedDevice;
  /** As it came. */
  readonly body: Buffer;
  readonly encoding: 'identity' | 'gzip';
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
    const taken = this.parts.publisher.append(record, (error) => {
      if (error === undefined) this.#countAccepted(count, body.length, outOfRange);
      settled(error === undefined ? undefined : unwritten(error), count);
    });
    if (!taken) throw streamRefusal(this.parts.publisher.health.state === 'full' ? 'full' : 'away');
    this.parts.rates.take(device, count, receivedAtMs);
  }

  /** A refused body counts as one measurement, so that sending nonsense is limited too. */
  #checked(
    { device, body: raw, encoding }: ReceivedReport,
    nowMs: number,
  ): { body: Buffer; count: number; outOfRange: string } {
    try {
      const body = encoding === 'gzip' ? inflated(raw) : raw;
      const { value, shape } = parsedJson(body);
      const report = checkedAgainstContract(value);
      const { members, outOfRange } = checkedByProfile(report, device, nowMs);
      // A parser keeps the last of two members with one name: what is forwarded would say more than what was checked.
      if (members !== shape.members) throw refusal('duplicate-member');
      return { body, count: Array.isArray(report) ? report.length : 1, outOfRange };
    } catch (error) {
      this.parts.rates.take(device, 1, nowMs);
      throw error;
    }
  }

  #countAccepted(count: number, bytes: number, outOfRange: string): void {
    const { counters } = this.parts;
    counters.acceptedReports++;
    counters.acceptedMeasurements += count;
    counters.acceptedBytes += bytes;
    if (outOfRange !== '') counters.outOfRangeValues += outOfRange.split(',').length;
  }
}

function checkedByProfile(
  report: ReturnType<typeof checkedAgainstContract>,
  device: AuthenticatedDevice,
  nowMs: number,
): CheckedReport {
  try {
    return checkReport(report, device.profile, nowMs);
  } catch (error) {
    if (!(error instanceof ReportFault)) throw error;
    const type = error.code.slice('report.'.length) as RefusalType;
    throw refusal(type, { errors: [{ pointer: error.pointer, detail: error.message }] });
  }
}

function unwritten(cause: MessagingError): Problem {
  const problem = streamRefusal('failed');
  problem.cause = cause;
  return problem;
}
