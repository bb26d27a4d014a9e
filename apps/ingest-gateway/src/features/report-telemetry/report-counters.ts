import type { UnauthenticatedReason } from '@myelin/device-identity';
import { meter } from '@myelin/observability';
import type { ObservableResult } from '@opentelemetry/api';

/** What came and what became of it. Plain numbers on the hot way; read when metrics are collected. */
export class ReportCounters {
  /** Acknowledged by Kafka. */
  acceptedReports = 0;
  acceptedMeasurements = 0;
  acceptedBytes = 0;
  /** Of accepted reports. */
  outOfRangeValues = 0;
  readonly #refused = new Map<string, number>();
  readonly #unauthenticated = new Map<string, number>();

  refused(type: string): void {
    this.#refused.set(type, (this.#refused.get(type) ?? 0) + 1);
  }

  unauthenticated(reason: UnauthenticatedReason): void {
    this.#unauthenticated.set(reason, (this.#unauthenticated.get(reason) ?? 0) + 1);
  }

  /** How often each problem type was answered. */
  get refusedByType(): ReadonlyMap<string, number> {
    return this.#refused;
  }

  /** Why authentications failed; not told to devices. */
  get unauthenticatedByReason(): ReadonlyMap<string, number> {
    return this.#unauthenticated;
  }

  /** Exports the numbers through OpenTelemetry. */
  export(): void {
    const instruments = meter('@myelin/ingest-gateway');
    const observe = (name: string, unit: string, callback: (result: ObservableResult) => void): void => {
      instruments.createObservableCounter(name, { unit }).addCallback(callback);
    };
    observe('myelin.gateway.reports.accepted', '{report}', (to) => to.observe(this.acceptedReports));
    observe('myelin.gateway.measurements.accepted', '{measurement}', (to) => to.observe(this.acceptedMeasurements));
    observe('myelin.gateway.bytes.accepted', 'By', (to) => to.observe(this.acceptedBytes));
    observe('myelin.gateway.values.out_of_range', '{value}', (to) => to.observe(this.outOfRangeValues));
    observe('myelin.gateway.reports.refused', '{report}', (to) => {
      for (const [type, count] of this.#refused) to.observe(count, { 'problem.type': type });
    });
    observe('myelin.gateway.authentications.failed', '{attempt}', (to) => {
      for (const [reason, count] of this.#unauthenticated) to.observe(count, { reason });
    });
  }
}
