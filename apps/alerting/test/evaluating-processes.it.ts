import { expect, test } from '@jest/globals';
import { events, profileStateV1 } from '@myelin/contracts';
import { createRecordPublisher, encodeEvent } from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';
import {
  ApiClient,
  type SpawnedService,
  aProfile,
  freePort,
  spawnService,
  startTokenIssuer,
  useDatabase,
  useKafka,
  waitFor,
} from '@myelin/testing';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations.js';
import { aRuleBody } from './alerting-fixture.js';
import { deviceState, report, tenant } from './fleet-records.js';

const devices = Array.from({ length: 200 }, (_, i) => `d-${i}`);
const brake = { share: 0.5, atLeast: 10, windowMs: 10_000 };

test('two processes of which one is killed amid a storm and another amid its end raise and clear every alarm once', async () => {
  await using kafka = useKafka();
  await kafka.ensureTopics(events, { partitions: 2 });
  await using database = await useDatabase({ service: 'alerting', migrations, entities });
  await using issuer = await startTokenIssuer();
  const spawn = async (): Promise<{ service: SpawnedService; url: string }> => {
    const port = String(await freePort());
    const url = `http://127.0.0.1:${port}`;
    const env = {
      ...{
        DATABASE_URL: database.appUrl,
        DATABASE_SCHEMA: database.schema,
        HTTP_PORT: port,
        OIDC_ISSUER: issuer.issuer,
      },
      ...{ KAFKA_BROKERS: kafka.settings.brokers.join(','), KAFKA_NAMESPACE: kafka.settings.namespace },
      ...{ KAFKA_SESSION_TIMEOUT: '6s', KAFKAJS_NO_PARTITIONER_WARNING: '1', CHECKPOINT_INTERVAL: '100ms' },
    };
    return { service: await spawnService('apps/alerting/dist/main.js', env, { readyUrl: `${url}/health/ready` }), url };
  };
  const processes = await Promise.all([spawn(), spawn()]);
  const replaceOne = async (): Promise<void> => {
    const { service } = processes.shift()!;
    service.kill('SIGKILL');
    await service.exit();
    await service.stop();
    processes.push(await spawn());
  };
  const publisher = createRecordPublisher(kafka.settings, silentLogger);
  await publisher.connect();
  try {
    const profile = {
      contract: profileStateV1,
      key: `${tenant}/thermometer`,
      payload: aProfile({ tenant }),
      version: 1,
    };
    await publisher.send([encodeEvent(profile, '/registry/test'), ...devices.map((device) => deviceState(device, 1))]);
    const token = await issuer.token({ tenant, roles: ['operator'] });
    const api = new ApiClient(processes[1]!.url, token);
    expect((await api.put('/v1/rules/hot', aRuleBody({ storm: brake }))).status).toBe(201);
    const counts = async (): Promise<{ active: number; all: number; storms: number }> => {
      const [row] = await database.dataSource.query<[{ active: number; all: number; storms: number }]>(`
        SELECT count(*) FILTER (WHERE condition = 'active')::integer AS active, count(*)::integer AS all,
               count(*) FILTER (WHERE storm IS NOT NULL)::integer AS storms FROM alarm`);
      return row;
    };
    const until = (what: string, check: (now: Awaited<ReturnType<typeof counts>>) => boolean): Promise<unknown> =>
      waitFor(async () => check(await counts()), { what, timeoutMs: 90_000 });
    // Until the rule is followed, what is hot is no finding.
    await waitFor(
      async () => {
        await publisher.send([report('d-0', 90)]);
        return (await counts()).all > 0;
      },
      { what: 'the rule to be followed', timeoutMs: 60_000 },
    );
    const rest = devices.slice(1);
    for (const device of rest.slice(0, 100)) await publisher.send([report(device, 90)]);
    await until('some alarms', ({ active }) => active > 20);
    const replacing = replaceOne();
    for (const device of rest.slice(100)) await publisher.send([report(device, 90)]);
    await replacing;
    await until('all alarms and their storm', ({ active }) => active === devices.length + 1);
    for (const device of devices.slice(0, 100)) await publisher.send([report(device, 20)]);
    await until('some of them to be over', ({ active }) => active < devices.length - 20);
    const replacingAgain = replaceOne();
    for (const device of devices.slice(100)) await publisher.send([report(device, 20)]);
    await replacingAgain;
    await until('all of them to be over', ({ active }) => active === 0);
    expect(await counts()).toEqual({ active: 0, all: devices.length + 1, storms: 1 });
    const entries = await database.dataSource.query<{ kinds: string }[]>(`
      SELECT DISTINCT string_agg(kind, ' ' ORDER BY version) FILTER (WHERE kind IN ('raise', 'clear')) AS kinds
      FROM alarm_entry GROUP BY alarm`);
    expect(entries).toEqual([{ kinds: 'raise clear' }]);
  } finally {
    await publisher.close();
    await Promise.all(processes.map(({ service }) => service.stop()));
  }
}, 300_000);
