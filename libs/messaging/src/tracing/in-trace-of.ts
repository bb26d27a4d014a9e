import { context } from '@opentelemetry/api';
import type { ReceivedRecord } from '../consuming/received-record.js';
import { RecordView } from '../consuming/record-view.js';

/**
 * Runs work that one record of a batch caused in that record's trace, so that what it publishes or stores belongs to
 * the request that the record came from. In mode `each` a handler is there already.
 */
export function inTraceOf<Result>(record: ReceivedRecord, work: () => Result): Result {
  const own = record instanceof RecordView ? record.traceContext : undefined;
  return context.with(own ?? context.active(), work);
}
