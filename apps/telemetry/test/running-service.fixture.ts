import 'reflect-metadata';
import { events, gatewayTickedV1, measurementReportedV1, profileStateV1 } from '@myelin/contracts';
import { type EncodedRecord, type RecordPublisher, createRecordPublisher, encodeEvent } from '@myelin/messaging';
import {
  type DatabaseFixture,
  type KafkaFixture,
  type ProfilePayload,
  type TokenIssuer,
  startTokenIssuer,
  useDatabase,
  useKafka,
  keptLogger,
} from '@myelin/testing';
import { telemetryConfig } from '../src/config.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations/index.js';
import { startTelemetry } from '../src/start-telemetry.js';

export interface Surroundings extends AsyncDisposable {
  readonly kafka: KafkaFixture;
  readonly database: DatabaseFixture;
  readonly issuer: TokenIssuer;
  readonly publisher: RecordPublisher;
  /** What the service needs in its environment to run here. */
  readonly environment: Record<string, string>;
  dispose(): Promise<void>;
}

/** A broker with the telemetry topic, a migrated schema, an issuer: everything but the service. */
export async function surroundings({ partitions = 3 } = {}): Promise<Surroundings> {
  const kafka = useKafka();
  const published = events.filter(({ topic }) => topic.owner === 'telemetry');
  await kafka.ensureTopics([measurementReportedV1, gatewayTickedV1, profileStateV1, ...published], { partitions });
  const database = await useDatabase({ service: 'telemetry', migrations, entities });
  const issuer = await startTokenIssuer();
  const publisher = createRecordPublisher(kafka.settings, keptLogger);
  await publisher.connect();
  const environment = {
    HTTP_PORT: '0',
    ADMIN_PORT: '0',
    KAFKA_BROKERS: kafka.settings.brokers.join(','),
    KAFKA_NAMESPACE: kafka.settings.namespace,
    DATABASE_URL: database.appUrl,
    DATABASE_SCHEMA: database.schema,
    OIDC_ISSUER: issuer.issuer,
    LOG_LEVEL: 'warn',
    KAFKA_SESSION_TIMEOUT: '6s', // the shortest that a broker takes
  };
  const dispose = async (): Promise<void> => {
    await publisher.close();
    await database.dispose();
    await issuer.close();
    await kafka.dispose();
  };
  return { kafka, database, issuer, publisher, environment, dispose, [Symbol.asyncDispose]: dispose };
}

/** The service in this process. */
export function serviceIn({ environment }: Surroundings): ReturnType<typeof startTelemetry> {
  return startTelemetry(telemetryConfig(environment), keptLogger, { handleSignals: false });
}

export interface Report {
  readonly device: string;
  readonly index: number;
  readonly body: object;
  readonly tenant?: string;
  readonly retentionClass?: string;
}

/** What the gateway publishes. */
export function reportEvent({
  device,
  index,
  body,
  tenant = 'acme',
  retentionClass = 'standard',
}: Report): EncodedRecord {
  const headers = {
    'myelin-device-index': String(index),
    'myelin-retention-class': retentionClass,
    'myelin-profile': 'thermometer',
  };
  const event = { contract: measurementReportedV1, key: `${tenant}/${device}`, payload: body as never, headers };
  return encodeEvent(event, '/gateways/test');
}

/** What the registry publishes. */
export function profileEvent(payload: ProfilePayload, version: number): EncodedRecord {
  const key = `${payload.tenant}/${payload.profile}`;
  return encodeEvent({ contract: profileStateV1, key, payload, version }, '/registry/test');
}

export function tickEvent(partition: number): EncodedRecord {
  const payload = { instance: 'gateway-0', atMs: Date.now() };
  return { ...encodeEvent({ contract: gatewayTickedV1, key: 'gateway-0', payload }, '/gateways/test'), partition };
}
