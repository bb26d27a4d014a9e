import { alarmChangedV1 } from './alerting/alarm-changed.v1.js';
import { alarmStateV1 } from './alerting/alarm-state.v1.js';
import { ruleStateV1 } from './alerting/rule-state.v1.js';
import { type EventContract } from './definition/define-event.js';
import { type TopicDefinition } from './definition/define-topic.js';
import { assignmentChangedV1 } from './firmware/assignment-changed.v1.js';
import { installationStateV1 } from './firmware/installation-state.v1.js';
import { releaseStateV1 } from './firmware/release-state.v1.js';
import { gatewayLoadStateV1 } from './ingest/gateway-load-state.v1.js';
import { presenceStateV1 } from './ingest/presence-state.v1.js';
import { rolloutChangedV1 } from './firmware/rollout-changed.v1.js';
import { updateStateV1 } from './firmware/update-state.v1.js';
import { deviceCredentialsV1 } from './registry/device-credentials.v1.js';
import { deviceLifecycleChangedV1 } from './registry/device-lifecycle-changed.v1.js';
import { deviceStateV1 } from './registry/device-state.v1.js';
import { maintenanceWindowStateV1 } from './registry/maintenance-window-state.v1.js';
import { operatorActionRecordedV1 } from './registry/operator-action-recorded.v1.js';
import { profileStateV1 } from './registry/profile-state.v1.js';
import { siteStateV1 } from './registry/site-state.v1.js';
import { tenantStateV1 } from './registry/tenant-state.v1.js';
import { traceRequestStateV1 } from './registry/trace-request-state.v1.js';
import { consumerLagNearedRetentionV1 } from './telemetry/consumer-lag-neared-retention.v1.js';
import { dataQualityMeasuredV1 } from './telemetry/data-quality-measured.v1.js';
import { gatewayTickedV1 } from './telemetry/gateway-ticked.v1.js';
import { measurementReportedV1 } from './telemetry/measurement-reported.v1.js';

/** Every event of the system. Documents, topics and manifests derive from this list. */
export const events: readonly EventContract[] = [
  measurementReportedV1,
  gatewayTickedV1,
  consumerLagNearedRetentionV1,
  dataQualityMeasuredV1,
  deviceStateV1,
  deviceCredentialsV1,
  profileStateV1,
  siteStateV1,
  tenantStateV1,
  deviceLifecycleChangedV1,
  operatorActionRecordedV1,
  presenceStateV1,
  gatewayLoadStateV1,
  maintenanceWindowStateV1,
  traceRequestStateV1,
  installationStateV1,
  assignmentChangedV1,
  rolloutChangedV1,
  updateStateV1,
  releaseStateV1,
  ruleStateV1,
  alarmStateV1,
  alarmChangedV1,
];

/** Every topic once, in the order of {@link events}. */
export const topics: readonly TopicDefinition[] = [...new Set(events.map((event) => event.topic))];
