import {
  alwaysSampled,
  contextFromHeaders,
  httpAttributes,
  messagingAttributes,
  myelinAttributes,
  parentIsSampled,
  spanName,
  spans,
  takeLateSpan,
} from '@myelin/observability';
import {
  type Attributes,
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanOptions,
  SpanStatusCode,
  context,
  trace,
} from '@opentelemetry/api';
import type { FetchedRecord } from '../client/port.js';
import { headerNames } from '../encoding/header-names.js';
import { messagingSystem } from './messaging-system.js';

const tracer = trace.getTracer('@myelin/messaging');

export interface BatchSpan {
  /** Where work on one record belongs: to its own `process` span, or to the batch if the record is not sampled. */
  contextOf(offset: bigint): Context;
  /**
   * Notes that a record failed: on its span, or on one that is written now, in the record's trace if it has one, within
   * the limit of late spans.
   */
  failed(record: FetchedRecord, errorType: string): void;
  /** The same of a record, or of the whole batch, that will be tried again: its span, if it has one, may yet end well. */
  delayed(record: FetchedRecord | undefined, errorType: string): void;
  run<Result>(work: () => Promise<Result>): Promise<Result>;
  /** As `run`, for what is done at once. */
  within(work: () => void): void;
  end(): void;
}

/**
 * The batch is a trace of its own; every sampled record gets a `process` span in its own trace, child of the span
 * that published it and linked to the batch, as long as the batch is.
 */
export function startBatchSpan(
  group: string,
  topic: string,
  partition: number,
  records: readonly FetchedRecord[],
): BatchSpan {
  const attributes = {
    [messagingAttributes.system]: messagingSystem,
    [messagingAttributes.operationName]: 'process',
    [messagingAttributes.operationType]: 'process',
    [messagingAttributes.destinationName]: topic,
    [messagingAttributes.partitionId]: String(partition),
    [messagingAttributes.consumerGroup]: group,
  };
  const name = spanName(spans.process, topic);
  const { kind } = spans.process;
  const batch = tracer.startSpan(
    name,
    { kind, root: true, attributes: { ...attributes, [messagingAttributes.batchMessageCount]: records.length } },
    ROOT_CONTEXT,
  );
  const links: Link[] = [{ context: batch.spanContext() }];
  const own = new Map<bigint, Span>();
  for (const record of records) {
    const traceparent = record.headerText(headerNames.traceparent);
    if (parentIsSampled(traceparent, record.headerText(headerNames.uberTraceId)) !== true) continue;
    const place = { ...attributes, [messagingAttributes.kafkaOffset]: Number(record.offset) };
    const options = { kind, links, attributes: place };
    own.set(record.offset, tracer.startSpan(name, options, contextFromHeaders(record.headers)));
  }
  const active = trace.setSpan(ROOT_CONTEXT, batch);
  const beganMs = performance.now();
  const writeLate = (record: FetchedRecord, failure: Attributes): void =>
    writeLateSpan(name, record, { kind, links, startTime: beganMs, attributes: { ...attributes, ...failure } });
  return {
    contextOf: (offset) => {
      const span = own.get(offset);
      return span === undefined ? active : trace.setSpan(ROOT_CONTEXT, span);
    },
    failed: (record, errorType) => {
      const failure = { [httpAttributes.errorType]: errorType };
      const span = own.get(record.offset);
      if (span === undefined) writeLate(record, failure);
      else span.setAttributes(failure).setStatus({ code: SpanStatusCode.ERROR });
    },
    delayed: (record, errorType) => {
      const failure = { [httpAttributes.errorType]: errorType };
      const span = record === undefined ? batch : own.get(record.offset);
      if (span !== undefined) span.addEvent('try failed', failure);
      else if (record !== undefined) writeLate(record, failure);
    },
    run: (work) => context.with(active, work),
    within: (work) => context.with(active, work),
    end: () => {
      for (const span of own.values()) span.end();
      batch.end();
    },
  };
}

/** Of a record outside of the sample, within the limit of such spans. */
function writeLateSpan(name: string, record: FetchedRecord, options: SpanOptions): void {
  if (!takeLateSpan()) return;
  const span = tracer.startSpan(name, options, alwaysSampled(contextFromHeaders(record.headers)));
  span.setAttributes({ [messagingAttributes.kafkaOffset]: Number(record.offset), [myelinAttributes.late]: true });
  span.setStatus({ code: SpanStatusCode.ERROR }).end(performance.now());
}
