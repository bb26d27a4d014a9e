export { cacheRoot } from './config.js';
export { LocalStackError, type LocalStackErrorCode } from './local-stack.errors.js';
export { type Progress, silentProgress } from './cache/progress.js';
export { type LockOptions, withLock } from './cache/file-lock.js';
export { ensureKafkaJars } from './cache/kafka-jars.js';
export {
  type DebianPrograms,
  ensureDebianPrograms,
  prometheusPrograms,
  raucPrograms,
  swUpdatePrograms,
} from './cache/debian-programs.js';
export { ensurePostgresBinaries } from './cache/postgres-binaries.js';
export { type Kafka, type KafkaNode, type StartKafkaOptions, startKafka } from './kafka/start-kafka.js';
export { type Postgres, type StartPostgresOptions, startPostgres } from './postgres/start-postgres.js';
export {
  type DevelopmentIssuer,
  type IssuerClient,
  type StartIssuerOptions,
  type TokenRequest,
  startIssuer,
} from './issuer/start-issuer.js';
export { type Stack, type StartStackOptions, defaultPorts, startStack, usualParts } from './stack/start-stack.js';
export { isJaegerBuilt, jaegerVersion } from './jaeger/jaeger-build.js';
export { type JaegerPorts, usualJaegerPorts } from './jaeger/jaeger-configuration.js';
export { type Jaeger, type StartJaegerOptions, startJaeger } from './jaeger/start-jaeger.js';
export { type TraceSearch, tracesUrl } from './jaeger/traces-url.js';
export { freePorts } from './network/ports.js';
export { type NetworkFault, TcpProxy, noFault } from './network/tcp-proxy.js';
export { ManagedProcess, type ProcessPlan } from './processes/managed-process.js';
export { SupervisedRun } from './processes/supervised-run.js';
