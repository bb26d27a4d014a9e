import { contextFromHeaders, messagingAttributes, parentIsSampled, spanName, spans } from '@myelin/observability';
import { trace } from '@opentelemetry/api';
import { headerNames } from '../encoding/header-names.js';
import { messagingSystem } from '../tracing/messaging-system.js';
import type { QueuedRecord } from './partition-lane.js';

const tracer = trace.getTracer('@myelin/messaging');

/**
 * A `send` span for each record whose request is sampled, from append (or, of what waited in an outbox, from its writing) to
 * acknowledgement; nothing for the others.
 */
export function traceSends(topic: string, partition: number, records: readonly QueuedRecord[]): void {
  for (const { wire, appendedAtMs, writtenAtMs } of records) {
    const { [headerNames.traceparent]: traceparent, [headerNames.uberTraceId]: uberTraceId } = wire.headers;
    if (traceparent === undefined && uberTraceId === undefined) continue;
    if (parentIsSampled(traceparent?.toString(), uberTraceId?.toString()) !== true) continue;
    const span = tracer.startSpan(
      spanName(spans.send, topic),
      {
        kind: spans.send.kind,
        // A number would be taken for one of the monotonic scale where it lies before the start of the process.
        startTime: writtenAtMs === undefined ? appendedAtMs : new Date(writtenAtMs),
        attributes: {
          [messagingAttributes.system]: messagingSystem,
          [messagingAttributes.operationName]: 'send',
          [messagingAttributes.operationType]: 'send',
          [messagingAttributes.destinationName]: topic,
          [messagingAttributes.partitionId]: String(partition),
          [messagingAttributes.messageId]: String(wire.headers[headerNames.id] ?? ''),
        },
      },
      contextFromHeaders(wire.headers),
    );
    span.end();
  }
}
