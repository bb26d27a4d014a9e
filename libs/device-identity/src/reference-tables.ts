import {
  type PayloadOf,
  type StorageClass,
  type profileStateV1,
  retentionMs,
  storageClassOf,
  telemetryTopic,
  type tenantStateV1,
} from '@myelin/contracts';
import type { DeviceProfile, MetricRule, TenantLimits } from './auth-outcome.js';

type ProfileState = PayloadOf<typeof profileStateV1>;
type TenantState = PayloadOf<typeof tenantStateV1>;

/** Raw rows of `summary` are kept for 30 days; what is evaluated only is as old as the topic holds. */
const keptMs: Readonly<Record<StorageClass, number>> = {
  ...retentionMs,
  summary: 30 * 86_400_000,
  'evaluate-only': telemetryTopic.cleanup.kind === 'delete' ? telemetryTopic.cleanup.retentionMs : Infinity,
};

/** What a profile's state says, in the shape that a check of a report needs. */
export function profileFrom(state: ProfileState): DeviceProfile {
  const metrics = new Map<string, MetricRule>();
  for (const [name, metric] of Object.entries(state.metrics)) {
    metrics.set(name, {
      kind: metric.kind,
      ...(metric.unit !== undefined && { unit: metric.unit }),
      minimum: metric.minimum ?? -Infinity,
      maximum: metric.maximum ?? Infinity,
    });
  }
  const storageClass = storageClassOf(state.retentionClass, state.storage);
  return {
    profile: state.profile,
    storageClass,
    retentionMs: keptMs[storageClass],
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
