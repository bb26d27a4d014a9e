import { type PayloadOf, type profileStateV1, retentionMs, type tenantStateV1 } from '@myelin/contracts';
import type { DeviceProfile, MetricRule, TenantLimits } from './auth-outcome.js';

type ProfileState = PayloadOf<typeof profileStateV1>;
type TenantState = PayloadOf<typeof tenantStateV1>;

/** What a profile's state says, in the shape that a check of a report needs. */
export function profileFrom(state: ProfileState): DeviceProfile {
  const metrics = new Map<string, MetricRule>();
  for (const [name, metric] of Object.entries(state.metrics)) {
    metrics.set(name, {
      kind: metric.kind,
      minimum: metric.minimum ?? -Infinity,
      maximum: metric.maximum ?? Infinity,
    });
  }
  return {
    profile: state.profile,
    retentionClass: state.retentionClass,
    retentionMs: retentionMs[state.retentionClass],
    unknownMetrics: state.unknownMetrics,
    metrics,
  };
}

export function limitsFrom({ limits }: TenantState): TenantLimits {
  return {
    messagesPerSecond: limits.messagesPerSecond,
    messagesPerSecondPerDevice: limits.messagesPerSecondPerDevice,
  };
}
