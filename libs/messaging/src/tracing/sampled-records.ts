import { type Context, type Span, trace } from '@opentelemetry/api';
import type { ReceivedRecord } from '../consuming/received-record.js';
import { RecordView } from '../consuming/record-view.js';

/** A record whose request is sampled. */
export interface SampledRecord<Payload = unknown> {
  readonly record: ReceivedRecord<Payload>;
  /** Its `process` span, for what there is to say about it. It is ended when the batch is done. */
  readonly span: Span;
  /** With that span: where work belongs that the record caused. */
  readonly context: Context;
}

/**
 * Those of a batch that are sampled, in its order: few, and usually none. To be called by the handler of the batch, where the
 * batch's own span is active. Costs the others a look each.
 */
export function sampledRecords<Payload>(records: readonly ReceivedRecord<Payload>[]): SampledRecord<Payload>[] {
  const ofBatch = trace.getActiveSpan();
  const sampled: SampledRecord<Payload>[] = [];
  for (const record of records) {
    if (!(record instanceof RecordView) || record.traceContext === undefined) continue;
    const context = record.traceContext;
    const span = trace.getSpan(context);
    if (span === undefined || span === ofBatch || !span.isRecording()) continue;
    sampled.push({ record, span, context });
  }
  return sampled;
}
