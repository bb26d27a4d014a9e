import { describe, expect, test } from '@jest/globals';
import { useKafka } from '@myelin/testing';
import { gatewayTopics, report, untilKnown } from './gateway-fixture.js';
import { gatewayAddress, startGatewayProcess } from './gateway-process.js';
import { RegistryWriter } from './registry-writer.js';
import { recordTelemetry } from './telemetry-recorder.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const body = '{"values":{"temperature":21.5}}';

describe('tracing, with the SDK as in production', () => {
  test("a sampled request's trace goes on in its record, an unsampled one leaves no header", async () => {
    await using kafka = useKafka();
    await kafka.ensureTopics(gatewayTopics, { partitions: 1 });
    const registry = await RegistryWriter.connect(kafka.settings);
    await registry.tenant('acme');
    await registry.profile('acme');
    const device = await registry.device('one');
    await registry.close();
    const address = await gatewayAddress();
    await using service = await startGatewayProcess(kafka.settings, address);
    await untilKnown(address.url, device);
    const recorder = await recordTelemetry(kafka.settings);
    try {
      for (const flags of ['01', '00']) {
        const traceparent = `00-${traceId}-00f067aa0ba902b7-${flags}`;
        expect((await report(address.url, device.basic, body, { traceparent })).status).toBe(202);
      }
      const [sampled, unsampled] = await recorder.untilMeasurements(2);
      expect(sampled?.headers['traceparent']).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
      expect(sampled?.headers['traceparent']).not.toContain('00f067aa0ba902b7');
      expect(unsampled?.headers).not.toHaveProperty('traceparent');
      expect(service.running).toBe(true);
    } finally {
      await recorder.close();
    }
  }, 60_000);
});
