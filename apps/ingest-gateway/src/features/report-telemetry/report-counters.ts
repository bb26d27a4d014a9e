import type { UnauthenticatedReason } from '@myelin/device-identity';
import {
  BoundedCounts,
  type MetricDeclaration,
  metricAttributes as names,
  metrics,
  observe,
} from '@myelin/observability';

/** Stands for reports of nobody knows whom: no tenant has a blank in its name. */
const nobody = ' ';
const accepted = 'accepted';

/** What came and what became of it. Plain numbers on the hot way; read when metrics are collected. */
export class ReportCounters {
  /** Acknowledged by Kafka. */
  acceptedReports = 0;
  acceptedMeasurements = 0;
  acceptedBytes = 0;
  /** Of accepted reports. */
  outOfRangeValues = 0;
  readonly #byTenant = new BoundedCounts();
  readonly #refused = new Map<string, number>();
  readonly #unauthenticated = new Map<string, number>();

  accepted(tenant: string): void {
    this.acceptedReports += 1;
    this.#byTenant.add(tenant, accepted);
  }

  /** @param tenant undefined when the device did not show who it is */
  refused(type: string, tenant: string | undefined): void {
    this.#refused.set(type, (this.#refused.get(type) ?? 0) + 1);
    this.#byTenant.add(tenant ?? nobody, type);
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

  /** Exports the numbers through OpenTelemetry. @returns ends it */
  export(queuedBytes: () => number): () => void {
    const number = (declaration: MetricDeclaration, read: () => number): (() => void) =>
      observe(declaration, (tell) => tell(read()));
    const stops = [
      number(metrics.measurementsAccepted, () => this.acceptedMeasurements),
      number(metrics.bytesAccepted, () => this.acceptedBytes),
      number(metrics.valuesOutOfRange, () => this.outOfRangeValues),
      number(metrics.publisherQueuedBytes, queuedBytes),
      observe(metrics.reports, (tell) => {
        this.#byTenant.read((count, tenant, type) => {
          const whose = tenant === nobody ? {} : { [names.tenant]: tenant };
          const became =
            type === accepted ? { [names.outcome]: accepted } : { [names.outcome]: 'refused', [names.reason]: type };
          tell(count, { ...whose, ...became });
        });
      }),
      observe(metrics.authenticationsFailed, (tell) => {
        for (const [reason, count] of this.#unauthenticated) tell(count, { [names.reason]: reason });
      }),
    ];
    return () => stops.forEach((stop) => stop());
  }
}
