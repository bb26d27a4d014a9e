import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PayloadOf, gatewayTickedV1 } from '@myelin/contracts';
import { waitFor } from '@myelin/testing';
import { type GatewayFixture, report, untilKnown, useGateway } from './gateway-fixture.js';
import { recordTelemetry, type TelemetryRecorder } from './telemetry-recorder.js';

const partitions = 3;
let fixture: GatewayFixture;
let recorder: TelemetryRecorder;

beforeAll(async () => {
  fixture = await useGateway();
  recorder = await recordTelemetry(fixture.kafka.settings);
}, 60_000);
afterAll(async () => {
  await recorder?.close();
  await fixture?.dispose();
}, 60_000);

describe('ticks', () => {
  test('stand in every partition each half second, with the instance as key', async () => {
    const perPartition = (): number[] =>
      Array.from({ length: partitions }, (_, p) => recorder.ticks.filter(({ partition }) => partition === p).length);
    await waitFor(() => Math.min(...perPartition()) >= 3, { what: 'three ticks in every partition' });
    for (let partition = 0; partition < partitions; partition++) {
      const ticks = recorder.ticks.filter((tick) => tick.partition === partition);
      const times = ticks.map((tick) => (tick.payload() as PayloadOf<typeof gatewayTickedV1>).atMs);
      for (let nth = 1; nth < times.length; nth++) {
        const gapMs = (times[nth] as number) - (times[nth - 1] as number);
        expect(gapMs).toBeGreaterThan(250);
        expect(gapMs).toBeLessThan(3_000);
      }
      expect(new Set(ticks.map(({ key }) => key))).toEqual(new Set(['gateway-test']));
    }
  });

  test('what was acknowledged before a tick stands before it in its partition', async () => {
    const devices = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => fixture.registry.device(name)));
    const { url } = fixture.running;
    for (const device of devices) await untilKnown(url, device);
    const acknowledgedAtMs = new Map<string, number>();
    const ticksBefore = recorder.ticks.length;
    let nth = 0;
    await waitFor(
      async () => {
        await Promise.all(
          devices.map(async (device) => {
            const body = JSON.stringify({ values: { temperature: nth++ } });
            if ((await report(url, device.bearer, body)).status === 202) acknowledgedAtMs.set(body, Date.now());
          }),
        );
        return recorder.ticks.length >= ticksBefore + 3 * partitions;
      },
      { what: 'three more rounds of ticks', intervalMs: 1 },
    );
    await waitFor(() => acknowledgedAtMs.size <= recorder.measurements.length, { what: 'all measurements' });
    expect(acknowledgedAtMs.size).toBeGreaterThan(50);
    for (let partition = 0; partition < partitions; partition++) {
      let lastTickAtMs = 0;
      for (const record of recorder.all.filter((found) => found.partition === partition)) {
        if (record.contract.name === 'gateway-ticked') {
          lastTickAtMs = (record.payload() as PayloadOf<typeof gatewayTickedV1>).atMs;
        } else {
          // Acknowledged before a tick that stands earlier in the partition: the promise would be broken.
          expect(acknowledgedAtMs.get(String(record.value)) ?? Infinity).toBeGreaterThanOrEqual(lastTickAtMs);
        }
      }
    }
  });
});
