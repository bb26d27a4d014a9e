import { describe, expect, test } from '@jest/globals';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { TracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace';
import { CountedSpans, spanExportCounts } from './span-exports.js';

/** A collector that answers when it is told to. */
class Collector implements SpanExporter {
  readonly waiting: ((result: ExportResult) => void)[] = [];
  isQuick = false;

  export(_spans: unknown[], told: (result: ExportResult) => void): void {
    this.waiting.push(told);
    if (this.isQuick) this.answer(ExportResultCode.SUCCESS);
  }

  answer(code: ExportResultCode): void {
    this.waiting.splice(0).forEach((told) => told({ code }));
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

describe('the counts of spans', () => {
  test('tell what was taken, what was refused, and what came while too many waited', async () => {
    const collector = new Collector();
    const processor = new CountedSpans(collector, 60_000);
    const tracer = new TracerProvider({ spanProcessors: [processor] }).getTracer('spec');
    const end = (spans: number): void => {
      for (let nth = 0; nth < spans; nth++) tracer.startSpan('spec').end();
    };
    end(3);
    const taken = processor.forceFlush();
    collector.answer(ExportResultCode.SUCCESS);
    await taken;
    expect(spanExportCounts()).toEqual({ exported: 3, lost: 0 });

    end(2);
    const refused = processor.forceFlush();
    collector.answer(ExportResultCode.FAILED);
    await expect(refused).rejects.toThrow();
    expect(spanExportCounts()).toEqual({ exported: 3, lost: 2 });

    end(1_024); // two batches, which are on their way while the collector says nothing
    const silent = processor.forceFlush();
    end(2_048 + 7);
    expect(spanExportCounts()).toEqual({ exported: 3, lost: 9 });
    collector.answer(ExportResultCode.SUCCESS);
    await silent;
    expect(spanExportCounts()).toEqual({ exported: 1_027, lost: 9 });

    collector.isQuick = true;
    collector.answer(ExportResultCode.SUCCESS);
    await processor.shutdown();
    expect(spanExportCounts()).toEqual({ exported: 1_027 + 2_048, lost: 9 });
  });
});
