import {
  deviceCredentialsV1,
  deviceLifecycleChangedV1,
  deviceStateV1,
  maintenanceWindowStateV1,
  operatorActionRecordedV1,
  profileStateV1,
  siteStateV1,
  tenantStateV1,
  traceRequestStateV1,
} from '@myelin/contracts';
import type { Clock } from '@myelin/kernel';
import type { RunningService } from '@myelin/service-kit';
import {
  type DatabaseFixture,
  type KafkaFixture,
  type TokenIssuer,
  startTokenIssuer,
  useDatabase,
  useKafka,
  keptLogger,
} from '@myelin/testing';
import type { ServiceConfig } from '../src/config.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations.js';
import { startDeviceRegistry } from '../src/start.js';
import { ApiClient } from './api-client.js';

export const published = [
  deviceStateV1,
  deviceCredentialsV1,
  profileStateV1,
  siteStateV1,
  tenantStateV1,
  maintenanceWindowStateV1,
  traceRequestStateV1,
  deviceLifecycleChangedV1,
  operatorActionRecordedV1,
];

export interface RegistryFixture {
  readonly service: RunningService;
  readonly database: DatabaseFixture;
  readonly kafka: KafkaFixture;
  readonly issuer: TokenIssuer;
  readonly config: ServiceConfig;
  /** A client with a token for this tenant; `admin` by default. */
  as(tenant: string, ...roles: string[]): Promise<ApiClient>;
  /** Registers a tenant and returns the client of its admin. */
  tenant(name: string, body?: object): Promise<ApiClient>;
  dispose(): Promise<void>;
}

/** The service in this process, on a real broker and a real database. */
export async function startFixture(options: { clock?: Clock } = {}): Promise<RegistryFixture> {
  const kafka = useKafka();
  await kafka.ensureTopics(published, { partitions: 2 });
  const database = await useDatabase({ service: 'device-registry', migrations, entities });
  const issuer = await startTokenIssuer();
  const config: ServiceConfig = {
    ...{
      httpHost: '127.0.0.1',
      httpPort: 0,
      adminHost: '127.0.0.1',
      adminPort: 0,
      drainMs: 5_000,
      logLevel: 'silent',
      importMaxBytes: 64 * 1_048_576,
    },
    ...{ brokers: kafka.settings.brokers, namespace: kafka.settings.namespace },
    ...{ databaseUrl: database.appUrl, databaseSchema: database.schema, databasePool: 6 },
    ...{ issuer: issuer.issuer, audience: issuer.audience },
  };
  const service = await startDeviceRegistry(config, keptLogger, { ...options, handleSignals: false });
  const as = async (tenant: string, ...roles: string[]): Promise<ApiClient> =>
    new ApiClient(service.url, await issuer.token({ tenant, roles: roles.length === 0 ? ['admin'] : roles }));
  return {
    ...{ service, database, kafka, issuer, config, as },
    tenant: async (name, body) => {
      const platform = await as('platform', 'platform-admin');
      const answer = await platform.post('/v1/tenants', { ...aTenantBody(name), ...body });
      if (answer.status !== 201) throw new Error(`no tenant: ${JSON.stringify(answer.body)}`);
      return as(name);
    },
    dispose: async () => {
      await service.close();
      await issuer.close();
      await database.dispose();
      await kafka.dispose();
    },
  };
}

export function aTenantBody(tenant: string) {
  const limits = { maxDevices: 200_000, messagesPerSecond: 5_000, messagesPerSecondPerDevice: 50 };
  return { tenant, displayName: `${tenant} works`, timeZone: 'Europe/Berlin', limits };
}

export function aProfileBody(changes: object = {}) {
  return {
    expectedReportIntervalMs: 60_000,
    metrics: { temperature: { kind: 'number', unit: 'Cel', minimum: -40, maximum: 85 } },
    unknownMetrics: 'keep',
    retentionClass: 'standard',
    autoActivate: true,
    ...changes,
  };
}

/** Begins in one hour and lasts two, by the clock of the service. */
export function aWindowBody(window: string, changes: object = {}, nowMs = Date.now()) {
  const at = (hours: number): string => new Date(nowMs + hours * 3_600_000).toISOString();
  const scope = { sites: ['plant-1'] };
  return { window, scope, from: at(1), until: at(3), reason: 'the transformer is replaced', ...changes };
}
