import { describe, expect, test } from '@jest/globals';
import { events } from '@myelin/contracts';
import { systemClock } from '@myelin/kernel';
import {
  type SpawnedService,
  ApiClient,
  freePort,
  spawnService,
  startTokenIssuer,
  useDatabase,
  useKafka,
  waitFor,
} from '@myelin/testing';
import { AlarmStore } from '../src/alarms/alarm-store.js';
import { Alerting } from '../src/alerting.js';
import type { WebhookBody } from '../src/features/deliver-notifications/webhook-body.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations.js';
import { cleared, raised, tenant } from './alarms-fixture.js';
import { aRuleBody } from './alerting-fixture.js';
import { HookServer, signingKey } from './deliveries-fixture.js';

const alarmCount = 40;

describe('two processes of which one after the other is killed', () => {
  test('tell every alarm once when it begins and once when it is over', async () => {
    await using hook = await HookServer.start((response) => void setTimeout(() => response.writeHead(200).end(), 5));
    await using kafka = useKafka();
    await kafka.ensureTopics(events, { partitions: 1 });
    await using database = await useDatabase({
      service: 'alerting',
      migrations,
      entities,
    });
    await using issuer = await startTokenIssuer();
    const spawn = async (): Promise<{
      service: SpawnedService;
      url: string;
    }> => {
      const port = String(await freePort());
      const url = `http://127.0.0.1:${port}`;
      const env = {
        ...{
          DATABASE_URL: database.appUrl,
          DATABASE_SCHEMA: database.schema,
          HTTP_PORT: port,
        },
        ...{
          KAFKA_BROKERS: kafka.settings.brokers.join(','),
          KAFKA_NAMESPACE: kafka.settings.namespace,
        },
        ...{
          OIDC_ISSUER: issuer.issuer,
          KAFKAJS_NO_PARTITIONER_WARNING: '1',
          CLEAR_UNCONCERNED_INTERVAL: '1h',
        },
        ...{
          DISPATCH_INTERVAL: '10ms',
          DELIVERY_INTERVAL: '10ms',
          DISPATCH_LEASE: '1s',
        },
        ...{
          WEBHOOK_SIGNING_KEYS: `${tenant}/main=${signingKey}`,
          NOTIFICATION_ALLOWED_ADDRESSES: '127.0.0.1/32',
        },
      };
      const service = await spawnService('apps/alerting/dist/main.js', env, {
        readyUrl: `${url}/health/ready`,
      });
      return { service, url };
    };
    const processes = await Promise.all([spawn(), spawn()]);
    const token = await issuer.token({ tenant, roles: ['operator'] });
    const api = new ApiClient(processes[0]!.url, token);
    // Alarms of a rule that is not there would be cleared.
    expect((await api.put('/v1/rules/hot', aRuleBody())).status).toBe(201);
    const put = await api.put('/v1/notification-policy', {
      route: {
        receiver: 'hook',
        groupBy: ['device'],
        groupWaitMs: 0,
        groupIntervalMs: 1_000,
      },
      receivers: [
        {
          name: 'hook',
          kind: 'webhook',
          url: hook.url,
          signingKeyRef: 'main',
          timeoutMs: 1_000,
        },
      ],
    });
    expect(put.status).toBe(201);

    const alerting = new Alerting(database.dataSource, systemClock, {
      rulesPerTenant: 1,
    });
    const alarms = new AlarmStore(systemClock);
    const of = (index: number) => ({ device: `d-${index}` });
    const toldOf = (state: string): Set<string> =>
      new Set(
        hook.received
          .map(({ body }) => JSON.parse(body) as WebhookBody)
          .filter(({ status }) => status === state)
          .map(({ alerts }) => alerts[0]?.labels.device ?? ''),
      );
    for (let index = 0; index < alarmCount; index += 1) {
      await alerting.change((tx) => alarms.apply(tx, tenant, [raised(of(index))]));
      // Whichever of them has the tenant by then, at whatever it is.
      if (index === 10 || index === 25) {
        const { service } = processes.shift()!;
        service.kill('SIGKILL');
        await service.exit();
        await service.stop();
        // As if the time had passed after which what it had under way is taken for lost.
        await database.dataSource.query('UPDATE delivery SET claimed_until = now() WHERE claim IS NOT NULL');
        processes.push(await spawn());
      }
    }
    const isAll = (state: string) => () => toldOf(state).size === alarmCount;
    await waitFor(isAll('firing'), {
      what: () => `all to be told; ${toldOf('firing').size} are`,
      timeoutMs: 90_000,
    });
    for (let index = 0; index < alarmCount; index += 1)
      await alerting.change((tx) => alarms.apply(tx, tenant, [cleared(of(index))]));
    await waitFor(isAll('resolved'), {
      what: () => `all to be over; ${toldOf('resolved').size} are`,
      timeoutMs: 90_000,
    });
    // A process that dies between sending and recording has it sent again: under the same id, which receivers go by.
    const once = new Map(
      hook.received.map(({ headers, body }) => [headers['webhook-id'], JSON.parse(body) as WebhookBody]),
    );
    const told = [...once.values()].map(({ alerts, status }) => `${alerts[0]?.labels.device ?? ''} ${status}`).sort();
    const expected = Array.from({ length: alarmCount }, (_, index) => [`d-${index} firing`, `d-${index} resolved`]);
    expect(told).toEqual(expected.flat().sort());
    for (const { service } of processes) await service.stop();
  }, 240_000);
});
