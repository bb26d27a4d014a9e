import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createKafkaAdmin, topicPlans } from '@myelin/messaging';
import { OwnKafka, waitFor } from '@myelin/testing';
import { request } from 'undici';
import { type Answer, gatewayTopics, problemType, report, startTestGateway, untilReady } from './gateway-fixture.js';
import { type RegisteredDevice, RegistryWriter } from './registry-writer.js';
import { recordTelemetry } from './telemetry-recorder.js';

const namespace = 'away';
let kafka: OwnKafka;

beforeAll(async () => {
  kafka = await OwnKafka.start();
}, 120_000);
afterAll(() => kafka?.[Symbol.asyncDispose](), 60_000);

const settings = (): { brokers: string[]; clientId: string; namespace: string } => ({
  brokers: kafka.brokers,
  clientId: 'test',
  namespace,
});

describe('Kafka goes away and comes back', () => {
  test('first nothing is ready, then 202, 503 while it is away though the gateway stays ready, 202 again; nothing acknowledged is missing', async () => {
    await using gateway = closing(await startTestGateway(settings(), { PUBLISH_TIMEOUT: '2s' }));
    const { url } = gateway;
    expect(problemType(await report(url, 'Basic x', '{}'))).toBe('not-ready');
    expect(await statusesOf(url)).toEqual({ startup: 503, live: 200, ready: 503 });
    const startup = await request(`${url}/health/startup`);
    expect(await startup.body.json()).toEqual({
      status: 'starting',
      waitsFor: ['device-directory', 'telemetry-topic'],
    });

    const device = await register();
    await untilReady(url, 30_000);
    await untilTaken(url, device);

    const acknowledged: number[] = [];
    let seq = 0;
    const send = async (): Promise<Answer> => {
      const mine = seq++;
      const answer = await report(url, device.bearer, JSON.stringify({ values: { temperature: mine } }));
      if (answer.status === 202) acknowledged.push(mine);
      return answer;
    };
    const sendUntil = (status: number): Promise<Answer> =>
      waitFor(async () => ((await send()).status === status ? send() : undefined), {
        what: `an answer ${status}`,
        timeoutMs: 60_000,
      });

    await sendUntil(202);
    await kafka.stop();
    const refused = await waitFor(
      async () => {
        const answer = await send();
        return answer.status === 503 && answer;
      },
      { what: 'a refusal', timeoutMs: 30_000 },
    );
    expect(problemType(refused)).toBe('stream-unavailable');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(2);
    // Who is taken out of the balancing cannot tell devices when to come again.
    expect(await statusesOf(url)).toEqual({ startup: 200, live: 200, ready: 200 });
    await waitFor(async () => !(await publisherIsHealthy(url)), { what: 'readiness to show the publisher' });
    expect((await statusesOf(url)).ready).toBe(200);

    await kafka.start();
    await sendUntil(202);
    await untilReady(url, 30_000);

    const recorder = await recordTelemetry(settings());
    try {
      const written = (): Set<number> =>
        new Set(recorder.measurements.map(({ value }) => JSON.parse(String(value)).values.temperature as number));
      const complete = (): boolean => acknowledged.every((mine) => written().has(mine));
      await waitFor(complete, { what: 'every acknowledged report on the topic', timeoutMs: 30_000 });
    } finally {
      await recorder.close();
    }
  }, 180_000);
});

async function statusesOf(url: string): Promise<Partial<Record<'startup' | 'live' | 'ready', number>>> {
  const statuses: Partial<Record<'startup' | 'live' | 'ready', number>> = {};
  for (const name of ['startup', 'live', 'ready'] as const) {
    const { statusCode, body } = await request(`${url}/health/${name}`);
    await body.dump();
    statuses[name] = statusCode;
  }
  return statuses;
}

async function publisherIsHealthy(url: string): Promise<boolean | undefined> {
  const { body } = await request(`${url}/health/ready`);
  const { checks } = (await body.json()) as { checks: { name: string; healthy: boolean }[] };
  return checks.find(({ name }) => name === 'publisher')?.healthy;
}

async function register(): Promise<RegisteredDevice> {
  const admin = createKafkaAdmin(settings());
  await admin.ensureTopics(
    topicPlans(gatewayTopics).map((plan) => ({ ...plan, partitions: 1 })),
    { replicationFactor: 1 },
  );
  await admin.close();
  const registry = await RegistryWriter.connect(settings());
  await registry.tenant('acme');
  await registry.profile('acme', { metrics: { temperature: { kind: 'number' } } });
  const device = await registry.device('one');
  await registry.close();
  return device;
}

async function untilTaken(url: string, device: RegisteredDevice): Promise<void> {
  const taken = async (): Promise<boolean> =>
    (await report(url, device.basic, '{"values":{"temperature":-1}}')).status === 202;
  await waitFor(taken, { what: 'the device to be known', timeoutMs: 20_000 });
}

function closing<Running extends { close(): Promise<unknown> }>(running: Running): Running & AsyncDisposable {
  return Object.assign(running, { [Symbol.asyncDispose]: async () => void (await running.close()) });
}
