import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { events } from '@myelin/contracts';
import {
  ApiClient,
  type ReceivedSpan,
  SpanReceiver,
  freePort,
  spawnService,
  startTokenIssuer,
  useDatabase,
  useKafka,
  waitFor,
} from '@myelin/testing';
import { version } from '../src/identity.js';
import { entities } from '../src/persistence/entities.js';
import { type DeviceClient, Fleet, RegistryWriter } from './devices-fixture.js';

const dist = 'apps/firmware-rollout/dist';
const path = '/:tenant/controller/v1/:controllerId';

describe('the service as a process, with the SDK as in production', () => {
  test('migrates an empty schema, becomes ready, serves, logs of whom a request was, traces every request of a followed device and of no other, and ends with 0 on SIGTERM', async () => {
    await using kafka = useKafka();
    await kafka.ensureTopics(events, { partitions: 1 });
    await using database = await useDatabase({ service: 'firmware-rollout', entities });
    await using issuer = await startTokenIssuer();
    await using receiver = await SpanReceiver.listen();
    await using folder = await temporaryFolder();
    const env = {
      ...{ DATABASE_URL: database.appUrl, DATABASE_OWNER_URL: database.ownerUrl, DATABASE_SCHEMA: database.schema },
      ...{ KAFKA_BROKERS: kafka.settings.brokers.join(','), KAFKA_NAMESPACE: kafka.settings.namespace },
      ...{ OIDC_ISSUER: issuer.issuer, HTTP_PORT: String(await freePort()), KAFKAJS_NO_PARTITIONER_WARNING: '1' },
      ...{ ARTIFACT_FOLDER: folder.name, ARTIFACT_SPOOL: join(folder.name, 'spool'), ENGINE_INTERVAL: '50ms' },
      ...{ ...receiver.environment, TRACE_SAMPLE_RATIO: '0', LOG_LEVEL: 'debug' },
    };
    await using migration = await spawnService(`${dist}/migrate.js`, env);
    expect(await migration.exit()).toEqual({ code: 0, signal: null });

    const url = `http://127.0.0.1:${env.HTTP_PORT}`;
    await using service = await spawnService(`${dist}/main.js`, env, { readyUrl: `${url}/health/ready` });
    expect((await fetch(`${url}/acme/controller/v1/nobody`)).status).toBe(401);
    await service.waitForLog(
      /"status":401[^\n]*"tenant":"acme","device":"nobody","reason":"unauthorized","msg":"request"/,
    );
    const as = async (tenant: string, role = 'release-manager'): Promise<ApiClient> =>
      new ApiClient(url, await issuer.token({ tenant, roles: [role] }));
    expect((await (await as('acme', 'viewer')).get('/openapi.json')).body).toMatchObject({
      ...{ openapi: '3.1.0', info: { version } },
    });

    const registry = await RegistryWriter.connect(kafka.settings);
    const fleet = await Fleet.of({ service: { url }, database, as }, registry, 'acme');
    await tracesTheFollowed(fleet, receiver);
    await registry.close();
    service.kill('SIGTERM');
    expect(await service.exit()).toEqual({ code: 0, signal: null });
    expect(service.logs()).not.toContain(new URL(database.appUrl).password);
  }, 180_000);
});

async function tracesTheFollowed(fleet: Fleet, receiver: SpanReceiver): Promise<void> {
  const content = randomBytes(100_000);
  const [one, two] = [await fleet.device('one'), await fleet.device('two')];
  await fleet.rollout(await fleet.release(content, '2.0.0'), '2.0.0');
  const [id, other] = [await one.offered(), await two.offered()];
  const polls = (): ReceivedSpan[] => requestsTo(path, receiver);
  expect(polls()).toEqual([]);
  await fleet.registry.follow(one.of, Date.now() + 600_000);
  const isFollowed = async (): Promise<boolean> => {
    await one.poll();
    return polls().length > 0;
  };
  await waitFor(isFollowed, { what: 'a span of a poll', timeoutMs: 60_000 });

  await update(two, other, content);
  await update(one, id, content);
  const below = (): ReceivedSpan[] =>
    requestsTo(`${path}/:resource`, receiver).filter(({ attributes }) => attributes['myelin.device'] === 'one');
  await waitFor(() => below().length >= 3, { what: 'the spans of an update', timeoutMs: 60_000 });
  expect(below().map(outcome).toSorted()).toEqual(['GET 200', 'GET 200', 'POST 200']);
  const answered = [...polls(), ...below()];
  const named = { 'myelin.tenant': 'acme', 'myelin.device': 'one', 'myelin.followed': true };
  for (const { attributes } of answered) expect(attributes).toMatchObject(named);
  const feedback = below().find(({ attributes }) => attributes['http.request.method'] === 'POST');
  const isItsChange = ({ name, parentSpanId }: ReceivedSpan): boolean =>
    name === 'change assignment' && parentSpanId === feedback?.spanId;
  await waitFor(() => receiver.spans.some(isItsChange), { what: 'the change in the trace of the feedback' });
  const reads = new Set(below().flatMap((span) => (span === feedback ? [] : [span.spanId])));
  const isOfRead = ({ parentSpanId = '' }: ReceivedSpan): boolean => reads.has(parentSpanId);
  await waitFor(() => receiver.spans.some(isOfRead), { what: 'a query in the trace of what was read' });
  const ofReads = receiver.spans.filter(
    ({ attributes, kind }) => kind === 2 && attributes['http.request.method'] === 'GET',
  );
  expect(ofReads.every(({ attributes }) => attributes['myelin.device'] === 'one')).toBe(true);

  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  await one.poll({ traceparent: `00-${traceId}-00f067aa0ba902b7-01` });
  const goesOn = (): ReceivedSpan | undefined => polls().find((span) => span.traceId === traceId);
  await waitFor(() => goesOn() !== undefined, { what: "the span in the caller's trace" });
  expect(goesOn()?.attributes).toMatchObject(named);
}

/** Reads what it is told, downloads it, and says that it is done. */
async function update(device: DeviceClient, id: string, content: Buffer): Promise<void> {
  const { text } = await device.get(`/deploymentBase/${id}`);
  const [, file = ''] = /"download-http":\{"href":"([^"]+)"/.exec(text) ?? [];
  expect((await device.get(file)).bytes.equals(content)).toBe(true);
  expect((await device.feedback(id, ['closed', 'success'])).status).toBe(200);
}

function requestsTo(route: string, { spans }: SpanReceiver): ReceivedSpan[] {
  return spans.filter(({ kind, attributes }) => kind === 2 && attributes['http.route'] === route);
}

function outcome({ attributes }: ReceivedSpan): string {
  return `${String(attributes['http.request.method'])} ${String(attributes['http.response.status_code'])}`;
}

async function temporaryFolder(): Promise<{ readonly name: string } & AsyncDisposable> {
  const name = await mkdtemp(join(tmpdir(), 'firmware-process-'));
  return { name, [Symbol.asyncDispose]: () => rm(name, { recursive: true, force: true }) };
}
