import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type SpanContext, context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  TracerProvider,
  InMemorySpanExporter,
  ParentBasedSampler,
  type ReadableSpan,
  type Sampler,
  SamplingDecision,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace';
import {
  createKafkaAdmin,
  MessagingError,
  createRecordPublisher,
  encodeEvent,
  PoisonRecord,
  inTraceOf,
  topicPlans,
} from '@myelin/messaging';
import { createSampler } from '@myelin/observability';
import { brokers, quietLogger, randomNamespace, until } from './broker.fixture.js';
import { consumeBatches, consumeEach } from '../src/index.js';
import { notedEvent } from '../src/index.js';

const exporter = new InMemorySpanExporter();
/** A root span is sampled unless its name says otherwise: 0 = not, 2 = recorded and sampled. */
const byName: Sampler = {
  shouldSample: (_context, _traceId, name) => ({ decision: name.includes('unsampled') ? 0 : 2 }),
  toString: () => 'by name',
};
const declared = createSampler(0);
const byParent = new ParentBasedSampler({ root: byName });
/** As in production, but that roots are kept by their names. */
const sampler: Sampler = {
  shouldSample: (...asked) => {
    const result = declared.shouldSample(...asked);
    return result.decision === SamplingDecision.RECORD_AND_SAMPLED ? result : byParent.shouldSample(...asked);
  },
  toString: () => 'declared, then by name',
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
      sampler,
    }),
  );
  await admin.ensureTopics(topicPlans([contract]), { replicationFactor: 1 });
});

afterAll(async () => {
  await admin.deleteTopics(await admin.listTopics());
  await admin.deleteGroups(await admin.listGroups());
  await admin.close();
});

const ofTrace = (asked: SpanContext) => (span: ReadableSpan) => span.spanContext().traceId === asked.traceId;
const payload = { instance: 'a', atMs: 1 };

describe('the trace of a request', () => {
  test('reaches from its publishing through both kinds of handler; an unsampled one costs no span of its own until a record of it is parked', async () => {
    const publisher = createRecordPublisher(settings, quietLogger);
    await publisher.connect();
    const inHandlers: (string | undefined)[] = [];
    let poison = false;
    let busy = 0;
    const note = (): void => {
      inHandlers.push(trace.getActiveSpan()?.spanContext().traceId);
      if (poison) throw PoisonRecord.permanent('test.poison', 'cannot be processed');
    };
    const noteUnlessBusy = (): void => {
      if (busy-- > 0) throw MessagingError.retryable('messaging.unavailable', 'busy');
      note();
    };
    const members = await Promise.all([
      consumeEach(settings, contract, each, noteUnlessBusy),
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
    expect(exporter.getFinishedSpans().filter(ofTrace(unsampled))).toEqual([]);
    busy = 3;
    const delayed = await publish('unsampled delayed');
    await until(() => inHandlers.length === 8, 'both handlers have the one that came again');
    poison = true;
    const poisoned = await publish('unsampled poison');
    const late = () => exporter.getFinishedSpans().filter(ofTrace(poisoned));
    await until(() => late().length === 2, 'both parked records have their span');
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
    const waited = spans.find(
      ({ name, parentSpanContext: parent }) => name.startsWith('send') && parent?.spanId === relayed.spanId,
    );
    expect(waited?.startTime[0]).toBe(Math.floor(writtenAtMs / 1_000));
    expect(waited?.duration[0]).toBeGreaterThanOrEqual(7_200);
    const [tried, ...more] = spans.filter(ofTrace(delayed));
    expect([tried?.attributes['error.type'], tried?.attributes['myelin.late'], more]).toEqual([
      ...['messaging.unavailable', true, []],
    ]);
    for (const span of late()) {
      expect([span.name, span.parentSpanContext?.spanId]).toEqual([`process ${contract.topic.name}`, poisoned.spanId]);
      expect(span.attributes).toMatchObject({ 'error.type': 'test.poison', 'myelin.late': true });
    }
  }, 60_000);
});
