import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { ClaimedDelivery, TryOutcome } from '../../domain/notifying/delivery.js';
import type { Notification, NotificationReason } from '../../domain/notifying/notification.js';
import { inNotifySpan, noteStatus } from './notify-span.js';

const exporter = new InMemorySpanExporter();
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
const [traceId, spanId] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
});
beforeEach(() => exporter.reset());
afterAll(() => provider.shutdown());

function delivery(tries: number, reason: NotificationReason = 'first notification'): ClaimedDelivery {
  const alerts = [{ generatorUrl: 'http://alerting/v1/alarms/0192a1b2-0000-8000-8000-000000000001' }];
  const notification = { receiver: 'duty', reason, alerts } as unknown as Notification;
  const traceparent = `00-${traceId}-${spanId}-01`;
  return { id: 'd', tenant: 'acme', notification, tries, failures: tries - 1, ageMs: 0, claim: 'c', traceparent };
}

async function spanOf(one: ClaimedDelivery, status: number, outcome: TryOutcome) {
  await inNotifySpan(one, 'webhook', () => {
    noteStatus(status);
    return Promise.resolve(outcome);
  });
  return exporter.getFinishedSpans()[0];
}

describe('a try to notify', () => {
  test('is in the trace of the alarm when it is the first, and says what was answered', async () => {
    const span = await spanOf(delivery(1), 200, { kind: 'delivered' });
    expect(span).toMatchObject({ name: 'notify webhook', parentSpanContext: { traceId, spanId }, links: [] });
    expect(span?.attributes).toEqual({
      'myelin.tenant': 'acme',
      'myelin.alarm': '0192a1b2-0000-8000-8000-000000000001',
      'myelin.receiver': 'duty',
      'myelin.notification.try': 1,
      'http.response.status_code': 200,
    });
  });

  test.each([
    ['tried again', delivery(2)],
    ['a repetition', delivery(1, 'repeat interval elapsed')],
  ])('begins a trace that links the alarm when it is %s', async (_what, later) => {
    const span = await spanOf(later, 200, { kind: 'delivered' });
    expect(span?.parentSpanContext).toBeUndefined();
    expect(span?.spanContext().traceId).not.toBe(traceId);
    expect(span?.links.map((link) => link.context.spanId)).toEqual([spanId]);
  });

  test.each([
    ['status 503', '503'],
    ['delivery.timed-out: no answer in time', 'delivery.timed-out'],
    ['its signing key is not configured', '_OTHER'],
  ])('that fails has an error of few values: %s is %s', async (error, type) => {
    const span = await spanOf(delivery(1), 503, { kind: 'failed', error });
    expect(span?.status.code).toBe(2);
    expect(span?.attributes['error.type']).toBe(type);
  });
});
