import { describe, expect, test } from '@jest/globals';
import { type Attributes, ValueType } from '@opentelemetry/api';
import { emptyResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { HistogramProducer } from '../src/metrics/histogram-producer.js';
import { BoundedCounts, histogram } from '../src/index.js';
import { metricsText } from '../src/metrics/open-metrics.js';
import { familyName } from '../src/metrics/prometheus-names.js';
import { formatFor } from '../src/metrics/scrape-reader.js';
import { parseMetrics } from '../src/metrics/parse-metrics.js';

type Told = readonly (readonly [attributes: Attributes, value: number])[];

function data(name: string, unit: string, kind: 'gauge' | 'counter', told: Told, description = ''): MetricData {
  const dataPoints = told.map(([attributes, value]) => {
    return { attributes, value, startTime: [0, 0] as [number, number], endTime: [1, 0] as [number, number] };
  });
  const descriptor = { name, unit, description, valueType: ValueType.DOUBLE };
  const base = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE, dataPoints };
  return kind === 'gauge'
    ? { ...base, dataPointType: DataPointType.GAUGE }
    : { ...base, dataPointType: DataPointType.SUM, isMonotonic: true };
}

const of = (metrics: MetricData[], resource = emptyResource()): ResourceMetrics => ({
  resource,
  scopeMetrics: [{ scope: { name: 'myelin' }, metrics }],
});

describe('names in Prometheus', () => {
  test.each([
    ['http.server.request.duration', 's', 'histogram', 'http_server_request_duration_seconds'],
    ['process.memory.usage', 'By', 'gauge', 'process_memory_usage_bytes'],
    ['myelin.gateway.reports.accepted', '{report}', 'counter', 'myelin_gateway_reports_accepted'],
    ['nodejs.eventloop.utilization', '1', 'gauge', 'nodejs_eventloop_utilization_ratio'],
    ['a.rate', 'By/s', 'gauge', 'a_rate_bytes_per_second'],
    ['wait.seconds', 's', 'counter', 'wait_seconds'],
    ['a..b-c_total', '1', 'counter', 'a_b_c'],
    ['2nd', '', 'gauge', '_2nd'],
  ] as const)('%s [%s] as a %s is %s', (name, unit, kind, expected) => {
    expect(familyName(name, unit, kind)).toBe(expected);
  });
});

describe('the text of metrics', () => {
  const told = fc.array(
    fc.tuple(
      fc.dictionary(fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }), fc.string({ unit: 'binary' })),
      fc.double(),
    ),
    { maxLength: 5 },
  );
  const metric = fc.record({
    name: fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9._/-]{0,8}$/),
    unit: fc.constantFrom('s', 'By', '1', '{thing}', 'By/s', '{a}/s', '°C', ''),
    kind: fc.constantFrom('gauge' as const, 'counter' as const),
    told,
    help: fc.string({ unit: 'binary' }),
  });

  test('is well-formed in both formats whatever names, attributes, values and descriptions are, and keeps each series', () => {
    fc.assert(
      fc.property(fc.array(metric, { maxLength: 6 }), fc.dictionary(fc.string(), fc.string()), (all, resource) => {
        const metrics = all.map(({ name, unit, kind, told, help }) => data(name, unit, kind, told, help));
        const given = of(metrics, resourceFromAttributes(resource));
        for (const format of ['open-metrics', 'prometheus'] as const) {
          const families = parseMetrics(metricsText(given, format), format);
          const [first] = all.filter(({ told }) => told.length > 0);
          if (first === undefined) continue;
          const name = familyName(first.name, first.unit, first.kind);
          const family = families.get(format === 'prometheus' && first.kind === 'counter' ? `${name}_total` : name);
          expect(family?.samples[0]?.value).toBe(first.told[0]?.[1]);
        }
      }),
    );
  });

  test('escapes and tells what a label holds, so that it reads the same again', () => {
    const value = 'a"b\\c\nd\\n';
    const [sample] =
      parseMetrics(
        metricsText(of([data('m', '', 'gauge', [[{ 'k.l': value }, 1]])]), 'open-metrics'),
        'open-metrics',
      ).get('m')?.samples ?? [];
    expect(sample).toEqual({ name: 'm', labels: { k_l: value }, value: 1 });
  });

  test('of histograms has cumulative buckets, and the last sampled trace of each bucket in OpenMetrics only', async () => {
    const declared = {
      name: 'work.duration',
      instrument: 'histogram',
      unit: 's',
      description: 'Work',
      emittedBy: [],
    } as const;
    const attributes = { kind: { values: ['a', 'b'] } };
    const made = histogram({ ...declared, attributes, bounds: [0.1, 1] });
    const trace = (n: number) => ({ traceId: String(n).padStart(32, '0'), spanId: String(n).padStart(16, '0') });
    made.record(0.05, { kind: 'a' }, trace(1));
    made.record(0.1, { kind: 'a' }, trace(2));
    made.record(0.5, { kind: 'a' });
    made.cell({ kind: 'a' }).record(3, trace(3), 4);
    made.record(NaN, { kind: 'a' });
    const { resourceMetrics } = await new HistogramProducer().collect();
    const family = parseMetrics(metricsText(resourceMetrics, 'open-metrics'), 'open-metrics').get(
      'work_duration_seconds',
    );
    expect(family?.unit).toBe('seconds');
    expect(
      family?.samples.map(({ labels, value, exemplar }) => [labels['le'], value, exemplar?.labels['trace_id']]),
    ).toEqual([
      ['0.1', 2, trace(2).traceId],
      ['1.0', 3, undefined],
      ['+Inf', 7, trace(3).traceId],
      [undefined, 7, undefined],
      [undefined, 12.65, undefined],
    ]);
    expect(metricsText(resourceMetrics, 'prometheus')).not.toContain('trace_id');
    expect(histogram({ ...declared, attributes, bounds: [0.1, 1] })).toBe(made);
  });

  test('is OpenMetrics for who asks for its version, and the text format for everybody else', () => {
    const prometheus =
      'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.2,*/*;q=0.1';
    expect(
      [prometheus, 'application/openmetrics-text; version=1.0.0', 'text/plain', '*/*', undefined].map(formatFor),
    ).toEqual(['open-metrics', 'open-metrics', 'prometheus', 'prometheus', 'prometheus']);
    expect(formatFor('application/openmetrics-text;version=0.0.1')).toBe('prometheus');
    expect(formatFor('text/plain;q=0.9,application/openmetrics-text;version=1.0.0;q=0.5')).toBe('prometheus');
  });
});

describe('counts of names without a bound', () => {
  test('give the most counted names a series, put the rest together, and never go down', () => {
    const counts = new BoundedCounts(2);
    const read = (): Record<string, number> => {
      const seen: Record<string, number> = {};
      counts.read((count, name, reason) => (seen[`${name} ${reason}`] = count));
      return seen;
    };
    for (const [name, count] of [
      ['small', 1],
      ['large', 5],
      ['middle', 3],
    ] as const)
      counts.add(name, 'ok', count);
    expect(read()).toEqual({ 'large ok': 5, 'middle ok': 3, 'other ok': 1 });
    counts.add('small', 'ok', 100);
    counts.add('large', 'refused');
    counts.add('other', 'ok');
    expect(read()).toEqual({ 'large ok': 5, 'large refused': 1, 'middle ok': 3, 'other ok': 102 });
  });
});
