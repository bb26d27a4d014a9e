import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  TracerProvider,
  InMemorySpanExporter,
  ParentBasedSampler,
  type Sampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace';
import { createKafkaAdmin, createRecordPublisher, encodeEvent, inTraceOf, topicPlans } from '@myelin/messaging';
import { brokers, quietLogger, randomNamespace, until } from './broker.fixture.js';
import { consumeBatches, consumeEach } from '../src/index.js';
import { notedEvent } from '../src/index.js';

const exporter = new InMemorySpanExporter();
/** A root span is sampled unless its name says otherwise: 0 = not, 2 = recorded and sampled. */
const byName: Sampler = {
  shouldSample: (_context, _traceId, name) => ({ decision: name.includes('unsampled') ? 0 : 2 }),
  toString: () => 'by name',
};
const settings = { brokers, clientId: 'tracing-test', namespace: randomNamespace() };
const admin = createKafkaAdmin(settings);
const each = 'telemetry.traced-each';
const batch = 'telemetry.traced-batch';
const contract = notedEvent('traced', { [each]: 'park', [batch]: 'park' }, 1);
const topic = `${settings.namespace}.${contract.topic.name}`;

beforeAll(async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(
    new TracerProvider({
      spanProcessors: [new SimpleSpanProcessor({ exporter })],
      sampler: new ParentBasedSampler({ root: byName }),
    }),
  );
  await admin.ensureTopics(topicPlans([contract]), { replicationFactor: 1 });
});

afterAll(async () => {
  await admin.deleteTopics(await admin.listTopics());
  await admin.deleteGroups(await admin.listGroups());
  await admin.close();
});

const payload = { instance: 'a', atMs: 1 };

describe('the trace of a request', () => {
  test('reaches from its publishing through both kinds of handler; an unsampled one costs no span of its own', async () => {
    const publisher = createRecordPublisher(settings, quietLogger);
    await publisher.connect();
    const inHandlers: (string | undefined)[] = [];
    const note = (): void => void inHandlers.push(trace.getActiveSpan()?.spanContext().traceId);
    const members = await Promise.all([
      consumeEach(settings, contract, each, note),
      consumeBatches(settings, contract, batch, ({ records }) => records.forEach((record) => inTraceOf(record, note))),
    ]);
    const tracer = trace.getTracer('test');
    const publish = (name: string, more: { writtenAtMs?: number } = {}) =>
      tracer.startActiveSpan(name, async (span) => {
        await publisher.send([{ ...encodeEvent({ contract, key: 'acme/a', payload }, '/test'), ...more }]);
        span.end();
        return span.spanContext();
      });
    const request = await publish('request');
    await until(() => inHandlers.length === 2, 'both handlers have the record');
    const writtenAtMs = Date.now() - 7_200_000;
    const relayed = await publish('relayed request', { writtenAtMs });
    await until(() => inHandlers.length === 4, 'both handlers have the one that waited in an outbox');
    const unsampled = await publish('unsampled request');
    await until(() => inHandlers.length === 6, 'both handlers have the last record');
    await Promise.all([...members.map(({ app }) => app.close()), publisher.close()]);

    expect(inHandlers.slice(0, 2)).toEqual([request.traceId, request.traceId]);
    const spans = exporter.getFinishedSpans();
    const ofRequest = spans.filter((span) => span.spanContext().traceId === request.traceId);
    expect(ofRequest.map(({ name }) => name).sort()).toEqual(
      ['request', `send ${topic}`, `process ${contract.topic.name}`, `process ${contract.topic.name}`].sort(),
    );
    for (const span of ofRequest) {
      if (span.name === 'request') continue;
      expect(span.parentSpanContext?.spanId).toBe(request.spanId);
      if (!span.name.startsWith('process')) continue;
      // Each record's span points to the batch, whose trace is its own.
      const [link] = span.links;
      expect(link?.context.traceId).not.toBe(request.traceId);
      expect(spans.map((other) => other.spanContext().spanId)).toContain(link?.context.spanId);
    }
    expect(spans.filter((span) => span.spanContext().traceId === unsampled.traceId)).toEqual([]);
    const waited = spans.find(
      ({ name, parentSpanContext: parent }) => name.startsWith('send') && parent?.spanId === relayed.spanId,
    );
    expect(waited?.startTime[0]).toBe(Math.floor(writtenAtMs / 1_000));
    expect(waited?.duration[0]).toBeGreaterThanOrEqual(7_200);
  }, 60_000);
});
