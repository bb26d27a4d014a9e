import { alertingMetrics } from './alerting-metrics.js';
import { firmwareMetrics, registryMetrics } from './fleet-metrics.js';
import { gatewayMetrics, telemetryMetrics } from './measurement-metrics.js';
import type { EmittingService, MetricDeclaration } from './metric-declaration.js';
import { platformMetrics } from './platform-metrics.js';
import { tracingMetrics } from './tracing-metrics.js';

/** Every metric of Myelin. There are no others: instruments are made from these declarations only. */
export const metrics = {
  ...platformMetrics,
  ...tracingMetrics,
  ...gatewayMetrics,
  ...telemetryMetrics,
  ...alertingMetrics,
  ...registryMetrics,
  ...firmwareMetrics,
} as const;

export const allMetrics: readonly MetricDeclaration[] = Object.values(metrics);

export function metricsOf(service: EmittingService): readonly MetricDeclaration[] {
  return allMetrics.filter(({ emittedBy }) => emittedBy.includes(service));
}
