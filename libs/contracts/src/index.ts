export {
  type AlarmSeverity,
  alarmLabelPattern,
  alarmSeverities,
  ruleStateTopic,
  ruleStateV1,
} from './alerting/rule-state.v1.js';
export {
  type ConsumerDeclaration,
  type Deprecation,
  type EventContract,
  type EventDeclaration,
  type GroupConsumer,
  type PayloadOf,
  type PoisonPolicy,
  type TableConsumer,
  defineEvent,
} from './definition/define-event.js';
export {
  type Cleanup,
  type ServiceName,
  type TopicDefinition,
  days,
  deadLetterRetentionMs,
  deadLetterTopicName,
  defineTopic,
  eventTopicDefaults,
  services,
  stateTopicDefaults,
  telemetryTopicDefaults,
} from './definition/define-topic.js';
export type { Fault } from './definition/faults.js';
export { mapOf } from './definition/map-of.js';
export { type KeyKind, keyForms, keyPatterns, slugPattern } from './definition/record-key.js';
export { type Validation, type Validator, type ValidatorMode, compileValidator } from './definition/validator.js';
export { events, topics } from './catalogue.js';
export { type TopicSettings, topicList } from './documents/topic-list.js';
export { alarmChangedTopic, alarmChangedV1 } from './alerting/alarm-changed.v1.js';
export { alarmStateTopic, alarmStateV1 } from './alerting/alarm-state.v1.js';
export { assignmentChangedTopic, assignmentChangedV1 } from './firmware/assignment-changed.v1.js';
export { rolloutChangedTopic, rolloutChangedV1 } from './firmware/rollout-changed.v1.js';
export { updateStateTopic, updateStateV1 } from './firmware/update-state.v1.js';
export { installationStateTopic, installationStateV1 } from './firmware/installation-state.v1.js';
export { releaseStateTopic, releaseStateV1 } from './firmware/release-state.v1.js';
export { gatewayLoadStateTopic, gatewayLoadStateV1 } from './ingest/gateway-load-state.v1.js';
export { presenceStateTopic, presenceStateV1 } from './ingest/presence-state.v1.js';
export { deviceCredentialsTopic, deviceCredentialsV1 } from './registry/device-credentials.v1.js';
export { deviceLifecycleChangedTopic, deviceLifecycleChangedV1 } from './registry/device-lifecycle-changed.v1.js';
export { deviceStateTopic, deviceStateV1 } from './registry/device-state.v1.js';
export { traceRequestStateTopic, traceRequestStateV1 } from './registry/trace-request-state.v1.js';
export { maintenanceWindowStateTopic, maintenanceWindowStateV1 } from './registry/maintenance-window-state.v1.js';
export { operatorActionRecordedTopic, operatorActionRecordedV1 } from './registry/operator-action-recorded.v1.js';
export {
  type ValueKind,
  defaultLateAfterMs,
  defaultLatenessMs,
  maxLatenessMs,
  maxMinimumIntervalMs,
  profileStateTopic,
  profileStateV1,
  valueKinds,
} from './registry/profile-state.v1.js';
export {
  type Lifecycle,
  type RetentionClass,
  type StorageClass,
  type StoragePolicy,
  labelKeyPattern,
  lifecycles,
  retentionClasses,
  retentionMs,
  storageClassOf,
  storagePolicies,
} from './registry/shared.js';
export { siteStateTopic, siteStateV1 } from './registry/site-state.v1.js';
export { tenantStateTopic, tenantStateV1 } from './registry/tenant-state.v1.js';
export {
  consumerLagNearedRetentionTopic,
  consumerLagNearedRetentionV1,
} from './telemetry/consumer-lag-neared-retention.v1.js';
export { dataQualityMeasuredTopic, dataQualityMeasuredV1 } from './telemetry/data-quality-measured.v1.js';
export { gatewayTickedV1 } from './telemetry/gateway-ticked.v1.js';
export {
  Measurement,
  bootIdPattern,
  maxArraySamples,
  maxMeasurementsPerReport,
  maxTextLength,
  maxValuesPerMeasurement,
  measurementReportedV1,
  metricNamePattern,
} from './telemetry/measurement-reported.v1.js';
export { telemetryTopic } from './telemetry/telemetry.topic.js';
