import { declareMetric } from './metric-declaration.js';
import { everybody } from './platform-metrics.js';

/** What becomes of spans, of every service. */
export const tracingMetrics = {
  lateSpansWritten: declareMetric({
    name: 'myelin.tracing.late_spans.written',
    instrument: 'counter',
    unit: '{span}',
    description: 'Spans of failures outside of the sample',
    attributes: {},
    emittedBy: everybody,
  }),
  lateSpansDropped: declareMetric({
    name: 'myelin.tracing.late_spans.dropped',
    instrument: 'counter',
    unit: '{span}',
    description: 'Failures outside of the sample that got no span, being more than ten in a second',
    attributes: {},
    emittedBy: everybody,
  }),
  spansExported: declareMetric({
    name: 'myelin.tracing.spans.exported',
    instrument: 'counter',
    unit: '{span}',
    description: 'Spans that the collector took; none without a collector',
    attributes: {},
    emittedBy: everybody,
  }),
  spansLost: declareMetric({
    name: 'myelin.tracing.spans.lost',
    instrument: 'counter',
    unit: '{span}',
    description: 'Spans that the collector did not take, or that came while too many waited for it',
    attributes: {},
    emittedBy: everybody,
  }),
} as const;
