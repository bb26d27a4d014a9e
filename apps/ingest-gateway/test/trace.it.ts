import { describe, expect, test } from '@jest/globals';
import { SpanReceiver, useKafka, waitFor } from '@myelin/testing';
import { gatewayTopics, report, untilKnown } from './gateway-fixture.js';
import { gatewayAddress, startGatewayProcess } from './gateway-process.js';
import { RegistryWriter } from './registry-writer.js';
import { recordTelemetry } from './telemetry-recorder.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const body = '{"values":{"temperature":21.5}}';

describe('tracing, with the SDK as in production', () => {
  test("a sampled request's trace goes on in its record, an unsampled one leaves no header; a followed device's is always traced until the clock ends it", async () => {
    await using kafka = useKafka();
    await kafka.ensureTopics(gatewayTopics, { partitions: 1 });
    const registry = await RegistryWriter.connect(kafka.settings);
    await registry.tenant('acme');
    await registry.profile('acme');
    const device = await registry.device('one');
    const address = await gatewayAddress();
    await using receiver = await SpanReceiver.listen();
    const tracing = { ...receiver.environment, TRACE_SAMPLE_RATIO: '0', LOG_LEVEL: 'debug' };
    await using service = await startGatewayProcess(kafka.settings, address, tracing);
    await untilKnown(address.url, device);
    const recorder = await recordTelemetry(kafka.settings);
    let sent = 0;
    const traceAfter = async (headers: Record<string, string> = {}): Promise<string | undefined> => {
      expect((await report(address.url, device.basic, body, headers)).status).toBe(202);
      return (await recorder.untilMeasurements(++sent))[sent - 1]?.headers['traceparent'];
    };
    try {
      const [sampled, unsampled] = [`00-${traceId}-00f067aa0ba902b7-01`, `00-${traceId}-00f067aa0ba902b7-00`];
      const goesOn = await traceAfter({ traceparent: sampled });
      expect(goesOn).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
      expect(goesOn).not.toContain('00f067aa0ba902b7');
      const requestOf = (trace: string) =>
        receiver.spans.find((span) => span.traceId === trace && span.name === 'POST /v1/telemetry');
      await waitFor(() => requestOf(traceId) !== undefined, { what: "the sampled request's span" });
      expect(requestOf(traceId)).toMatchObject({
        parentSpanId: '00f067aa0ba902b7',
        attributes: { 'url.path': '/v1/telemetry', 'myelin.device': 'one', 'http.response.status_code': 202 },
      });
      expect(await traceAfter({ 'uber-trace-id': 'a3ce929d0e0e4736:b7:0:1' })).toMatch(/^00-0{16}a3ce929d0e0e4736-/);
      expect([await traceAfter({ traceparent: unsampled }), await traceAfter()]).toEqual([undefined, undefined]);

      await registry.follow(device, Date.now() + 600_000);
      let followed: string | undefined;
      await waitFor(async () => (followed = await traceAfter()) !== undefined, {
        what: 'a trace of the followed device',
      });
      const [, ownTrace = ''] = followed?.split('-') ?? [];
      const ofTrace = () => receiver.spans.filter((span) => span.traceId === ownTrace);
      await waitFor(() => ofTrace().length === 2, { what: 'both spans of the gateway' });
      const [request, send] = ofTrace().toSorted((one, other) => one.kind - other.kind); // SERVER is 2, PRODUCER 4
      expect([request?.name, request?.kind, request?.parentSpanId]).toEqual(['POST /v1/telemetry', 2, undefined]);
      expect(request?.attributes).toMatchObject({ 'myelin.device': 'one', 'http.response.status_code': 202 });
      expect([send?.kind, send?.parentSpanId]).toEqual([4, request?.spanId]);
      expect(await traceAfter({ traceparent: unsampled })).toMatch(/-01$/);
      const refused = await report(address.url, device.basic, '{"values":{"temperature":"warm"}}');
      const { traceId: ofRefusal } = refused.body as { readonly traceId?: string };
      await waitFor(() => receiver.spans.some((span) => span.traceId === ofRefusal), {
        what: 'the span of the refusal',
      });
      const why = receiver.spans.find((span) => span.traceId === ofRefusal)?.attributes;
      expect(why).toMatchObject({ 'myelin.reason': 'value-kind-mismatch' });

      // Who follows a device in the log sees each of its requests, and why one was refused.
      const of = '"tenant":"acme","device":"one"';
      await service.waitForLog(new RegExp(`"status":202[^\\n]*${of},"msg":"request"`));
      await service.waitForLog(new RegExp(`"status":400[^\\n]*${of},"reason":"value-kind-mismatch","msg":"request"`));

      const untilMs = Date.now() + 1_500;
      await registry.follow(device, untilMs);
      await waitFor(async () => (await traceAfter()) === undefined, { what: 'the end of it', timeoutMs: 30_000 });
      expect(Date.now()).toBeGreaterThanOrEqual(untilMs);
      expect(service.running).toBe(true);
    } finally {
      await recorder.close();
      await registry.close();
    }
  }, 60_000);
});
