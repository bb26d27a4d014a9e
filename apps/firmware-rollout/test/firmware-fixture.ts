import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { events } from '@myelin/contracts';
import { type Clock, systemClock } from '@myelin/kernel';
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
import { firmwareConfig } from '../src/config.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations.js';
import { startFirmwareRollout } from '../src/start-firmware-rollout.js';

/** What the service publishes. */
export const published = events.filter(({ topic }) => topic.owner === 'firmware-rollout');

export interface FirmwareFixture {
  readonly service: RunningService;
  readonly database: DatabaseFixture;
  readonly kafka: KafkaFixture;
  readonly issuer: TokenIssuer;
  /** The store's, with the spool in it; its own. */
  readonly artifactFolder: string;
  /** Another instance of the service beside the first; the caller closes it. */
  another(): Promise<RunningService>;
  /** A client with a token for this tenant; `release-manager` by default. */
  as(tenant: string, ...roles: string[]): Promise<ApiClient>;
  dispose(): Promise<void>;
}

/** The service in this process, on a real broker and a real database. @param environment beside the addresses of these */
export async function startFixture(
  environment: Readonly<Record<string, string>> = {},
  clock: Clock = systemClock,
): Promise<FirmwareFixture> {
  const kafka = useKafka();
  await kafka.ensureTopics(events, { partitions: 2 });
  const database = await useDatabase({ service: 'firmware-rollout', migrations, entities });
  const issuer = await startTokenIssuer();
  const artifactFolder = await mkdtemp(join(tmpdir(), 'firmware-artifacts-'));
  const config = firmwareConfig({
    ...{ HTTP_PORT: '0', ADMIN_PORT: '0', LOG_LEVEL: 'error', DRAIN_TIMEOUT: '5s', KAFKA_SESSION_TIMEOUT: '6s' },
    ...{ ARTIFACT_FOLDER: artifactFolder, ARTIFACT_SPOOL: join(artifactFolder, 'spool') },
    ...{ KAFKA_BROKERS: kafka.settings.brokers.join(','), KAFKA_NAMESPACE: kafka.settings.namespace },
    ...{ DATABASE_URL: database.appUrl, DATABASE_SCHEMA: database.schema, DATABASE_POOL: '6' },
    ...{ OIDC_ISSUER: issuer.issuer, OIDC_AUDIENCE: issuer.audience },
    ...environment,
  });
  const another = (): Promise<RunningService> =>
    startFirmwareRollout(config, keptLogger, { handleSignals: false, clock });
  const service = await another();
  return {
    ...{ service, another, database, kafka, issuer, artifactFolder },
    as: async (tenant, ...roles) =>
      new ApiClient(
        service.url,
        await issuer.token({ tenant, roles: roles.length === 0 ? ['release-manager'] : roles }),
      ),
    dispose: async () => {
      await service.close();
      await issuer.close();
      await database.dispose();
      await kafka.dispose();
      await rm(artifactFolder, { recursive: true, force: true });
    },
  };
}
