export { TestingError, type TestingErrorCode } from './testing.errors.js';
export { type KafkaFixture, testKafka, useKafka } from './kafka/kafka-fixture.js';
export { OwnKafka } from './kafka/own-kafka.js';
export { type EventProbe, type ProbedEvent, eventProbe } from './kafka/event-probe.js';
export { type DatabaseFixture, type UseDatabaseOptions, useDatabase } from './database/database-fixture.js';
export { type ReleasedStatements, releasedStatements } from './database/released-statements.js';
export { type ClaimsToSign, type TokenIssuer, startTokenIssuer } from './tokens/token-issuer.js';
export { type Answer, type AnswerBody, ApiClient } from './http/api-client.js';
export {
  type ServiceExit,
  type ServiceOptions,
  type SpawnedService,
  freePort,
  spawnService,
} from './process/spawn-service.js';
export { type ReceivedSpan, SpanReceiver } from './tracing/span-receiver.js';
export { keptLogger } from './logging/kept-logger.js';
export { ManualClock } from './time/manual-clock.js';
export { type WaitForOptions, waitFor } from './time/wait-for.js';
export { type AnyOrderOptions, arrivalsOf, sameUnderAnyOrder } from './properties/same-under-any-order.js';
export { type MeasurementPayload, aMeasurement } from './builders/measurement.builder.js';
export {
  type DeviceCredentialsPayload,
  type DeviceStatePayload,
  type ProfilePayload,
  type SitePayload,
  type TenantPayload,
  aDeviceState,
  aProfile,
  aSite,
  aTenant,
  someDeviceCredentials,
} from './builders/registry.builder.js';
export { type TestStack, containerEngineFault, startContainersStack } from './containers/containers-stack.js';
export { startTestStack } from './containers/test-stack.js';
