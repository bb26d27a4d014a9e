import { describe, expect, test } from '@jest/globals';
import { events } from '@myelin/contracts';
import { ApiClient, freePort, spawnService, startTokenIssuer, useDatabase, useKafka } from '@myelin/testing';
import { version } from '../src/identity.js';

const dist = 'apps/firmware-rollout/dist';

describe('the service as a process', () => {
  test('migrates an empty schema, becomes ready, serves, and ends with 0 on SIGTERM', async () => {
    await using kafka = useKafka();
    await kafka.ensureTopics(events, { partitions: 1 });
    await using database = await useDatabase({ service: 'firmware-rollout' });
    await using issuer = await startTokenIssuer();
    const env = {
      ...{ DATABASE_URL: database.appUrl, DATABASE_OWNER_URL: database.ownerUrl, DATABASE_SCHEMA: database.schema },
      ...{ KAFKA_BROKERS: kafka.settings.brokers.join(','), KAFKA_NAMESPACE: kafka.settings.namespace },
      ...{ OIDC_ISSUER: issuer.issuer, HTTP_PORT: String(await freePort()), KAFKAJS_NO_PARTITIONER_WARNING: '1' },
    };
    await using migration = await spawnService(`${dist}/migrate.js`, env);
    expect(await migration.exit()).toEqual({ code: 0, signal: null });

    const url = `http://127.0.0.1:${env.HTTP_PORT}`;
    await using service = await spawnService(`${dist}/main.js`, env, { readyUrl: `${url}/health/ready` });
    const api = new ApiClient(url, await issuer.token({ tenant: 'acme', roles: ['viewer'] }));
    expect((await api.get('/openapi.json')).body).toMatchObject({ openapi: '3.1.0', info: { version } });
    service.kill('SIGTERM');
    expect(await service.exit()).toEqual({ code: 0, signal: null });
    expect(service.logs()).not.toContain(new URL(database.appUrl).password);
  }, 120_000);
});
