import { contextFromHeaders, messagingAttributes, spanName, spans } from '@myelin/observability';
import { trace } from '@opentelemetry/api';
import { headerNames } from '../encoding/header-names.js';
import { messagingSystem } from '../tracing/messaging-system.js';
import type { QueuedRecord } from './partition-lane.js';

const tracer = trace.getTracer('@myelin/messaging');

/** A `send` span from append to acknowledgement for each record whose request is sampled; nothing for the others. */
export function traceSends(topic: string, partition: number, records: readonly QueuedRecord[]): void {
  for (const { wire, appendedAtMs } of records) {
    const traceparent = wire.headers[headerNames.traceparent];
    if (typeof traceparent !== 'string' || !isSampled(traceparent)) continue;
    const span = tracer.startSpan(
      spanName(spans.send, topic),
      {
        kind: spans.send.kind,
        startTime: appendedAtMs,
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

/** W3C Trace Context: bit 0 of the flags, the last two hex digits of version 00. */
export function isSampled(traceparent: string): boolean {
  return traceparent.length >= 55 && (Number.parseInt(traceparent.slice(53, 55), 16) & 1) === 1;
}
