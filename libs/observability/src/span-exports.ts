import { TraceFlags } from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace';

/** Spans that wait for the collector; what comes beyond them is lost. */
const maxQueued = 2_048;

const counts = { exported: 0, lost: 0 };
let queued = 0;

/** Since the start of the process: spans that the collector took, and spans that it did not take or that could not wait. */
export function spanExportCounts(): { readonly exported: number; readonly lost: number } {
  return { ...counts };
}

/** Exports spans in batches, and counts what becomes of them: the SDK says nothing of a collector that is away. */
export class CountedSpans extends BatchSpanProcessor {
  constructor(exporter: SpanExporter, scheduledDelayMillis: number) {
    super({ exporter: counted(exporter), scheduledDelayMillis, maxQueueSize: maxQueued });
  }

  override onEnd(span: ReadableSpan): void {
    super.onEnd(span);
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    if (queued >= maxQueued) counts.lost += 1;
    else queued += 1;
  }
}

function counted(exporter: SpanExporter): SpanExporter {
  return {
    export: (spans, told) => {
      queued -= spans.length;
      exporter.export(spans, (result) => {
        counts[result.code === ExportResultCode.SUCCESS ? 'exported' : 'lost'] += spans.length;
        told(result);
      });
    },
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  };
}
