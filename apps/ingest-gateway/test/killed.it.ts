import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type KafkaFixture, useKafka, waitFor } from '@myelin/testing';
import { gatewayTopics, report, untilKnown } from './gateway-fixture.js';
import { gatewayAddress, startGatewayProcess } from './gateway-process.js';
import { type RegisteredDevice, RegistryWriter } from './registry-writer.js';
import { recordTelemetry } from './telemetry-recorder.js';

const rounds = 5;
let kafka: KafkaFixture;
let devices: RegisteredDevice[];

beforeAll(async () => {
  kafka = useKafka();
  await kafka.ensureTopics(gatewayTopics, { partitions: 3 });
  const registry = await RegistryWriter.connect(kafka.settings);
  await registry.tenant('acme');
  await registry.profile('acme', { metrics: { temperature: { kind: 'number' } } });
  devices = await Promise.all(Array.from({ length: 8 }, (_, nth) => registry.device(`d${nth}`)));
  await registry.close();
}, 60_000);
afterAll(() => kafka?.dispose(), 60_000);

describe('a gateway as a process', () => {
  test(`killed under load at a random moment, ${rounds} times: everything acknowledged is on the topic`, async () => {
    const address = await gatewayAddress();
    const { url } = address;
    const acknowledged = new Set<number>();
    let next = 0;
    for (let round = 0; round < rounds; round++) {
      await using service = await startGatewayProcess(kafka.settings, address);
      await untilKnown(url, devices[0] as RegisteredDevice);
      const goal = acknowledged.size + 100 + Math.floor(Math.random() * 400);
      let gone = false;
      const loads = devices.map(async (device) => {
        while (!gone) {
          const mine = next++;
          const answer = await report(url, device.bearer, `{"values":{"temperature":${mine}}}`).catch(() => undefined);
          if (answer?.status === 202) acknowledged.add(mine);
          if (answer === undefined) gone = true;
        }
      });
      await waitFor(() => acknowledged.size >= goal, { what: 'load', timeoutMs: 20_000, intervalMs: 1 });
      service.kill('SIGKILL');
      await Promise.all(loads);
    }
    const recorder = await recordTelemetry(kafka.settings);
    try {
      const missing = (): number[] => {
        const written = new Set(recorder.measurements.map(({ value }) => temperatureOf(value)));
        return [...acknowledged].filter((mine) => !written.has(mine));
      };
      await waitFor(() => missing().length === 0, { what: () => `the missing ${missing().join()}`, timeoutMs: 20_000 });
      expect(acknowledged.size).toBeGreaterThan(rounds * 100);
    } finally {
      await recorder.close();
    }
  }, 120_000);

  test('told to stop under load: every request that was taken is answered, and it ends with code 0', async () => {
    const address = await gatewayAddress();
    const { url } = address;
    await using service = await startGatewayProcess(kafka.settings, address);
    await untilKnown(url, devices[0] as RegisteredDevice);
    const outcomes: (number | string)[] = [];
    let stopping = false;
    const loads = devices.map(async (device) => {
      for (let nth = 0; !stopping || nth === 0; nth++) {
        const body = `{"values":{"temperature":${nth}}}`;
        const outcome = await report(url, device.bearer, body).then(
          ({ status }) => status,
          (error: NodeJS.ErrnoException) => error.code ?? error.message,
        );
        outcomes.push(outcome);
      }
    });
    await waitFor(() => outcomes.length >= 200, { what: 'load', timeoutMs: 20_000 });
    service.kill('SIGTERM');
    const exit = service.exit(20_000);
    await waitFor(() => outcomes.includes('ECONNREFUSED'), { what: 'the listener to close', timeoutMs: 20_000 });
    stopping = true;
    await Promise.all(loads);
    expect(await exit).toEqual({ code: 0, signal: null });
    // A connection that is idle when the listener closes may be cut: that request was never taken.
    const others = outcomes.filter(
      (outcome) => ![202, 'ECONNREFUSED', 'ECONNRESET', 'UND_ERR_SOCKET'].includes(outcome),
    );
    expect(others).toEqual([]);
  }, 60_000);
});

function temperatureOf(value: Buffer | null): number {
  return (JSON.parse(String(value)) as { values: { temperature: number } }).values.temperature;
}
