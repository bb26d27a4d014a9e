import 'reflect-metadata';
import { events } from '@myelin/contracts';
import type { RunningService } from '@myelin/service-kit';
import {
  ApiClient,
  type DatabaseFixture,
  type KafkaFixture,
  type TokenIssuer,
  startTokenIssuer,
  useDatabase,
  useKafka,
  keptLogger,
} from '@myelin/testing';
import { alertingConfig } from '../src/config.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations.js';
import { startAlerting } from '../src/start-alerting.js';

/** What the service publishes. */
export const published = events.filter(({ topic }) => topic.owner === 'alerting');

export interface AlertingFixture {
  readonly service: RunningService;
  readonly database: DatabaseFixture;
  readonly kafka: KafkaFixture;
  readonly issuer: TokenIssuer;
  /** Another instance of the service beside the first; the caller closes it. */
  another(): Promise<RunningService>;
  /** A client with a token for this tenant; `operator` by default. */
  as(tenant: string, ...roles: string[]): Promise<ApiClient>;
  dispose(): Promise<void>;
}

/** The service in this process, on a real broker and a real database. @param environment beside the addresses of these */
export async function startFixture(environment: Readonly<Record<string, string>> = {}): Promise<AlertingFixture> {
  const kafka = useKafka();
  await kafka.ensureTopics(events, { partitions: 2 });
  const database = await useDatabase({ service: 'alerting', migrations, entities });
  const issuer = await startTokenIssuer();
  const config = alertingConfig({
    ...{ HTTP_PORT: '0', ADMIN_PORT: '0', LOG_LEVEL: 'error', DRAIN_TIMEOUT: '5s', KAFKA_SESSION_TIMEOUT: '6s' },
    // Most alarms here are of devices that nobody has registered.
    CLEAR_UNCONCERNED_INTERVAL: '1h',
    ...{ KAFKA_BROKERS: kafka.settings.brokers.join(','), KAFKA_NAMESPACE: kafka.settings.namespace },
    ...{ DATABASE_URL: database.appUrl, DATABASE_SCHEMA: database.schema, DATABASE_POOL: '6' },
    ...{ OIDC_ISSUER: issuer.issuer, OIDC_AUDIENCE: issuer.audience },
    ...environment,
  });
  const another = (): Promise<RunningService> => startAlerting(config, keptLogger, { handleSignals: false });
  const service = await another();
  return {
    ...{ service, another, database, kafka, issuer },
    as: async (tenant, ...roles) =>
      new ApiClient(service.url, await issuer.token({ tenant, roles: roles.length === 0 ? ['operator'] : roles })),
    dispose: async () => {
      await service.close();
      await issuer.close();
      await database.dispose();
      await kafka.dispose();
    },
  };
}

export function aRuleBody(changes: object = {}) {
  return { when: { metric: 'temperature', op: '>', value: 80 }, severity: 'major', ...changes };
}
