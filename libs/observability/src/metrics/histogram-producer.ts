import { ValueType } from '@opentelemetry/api';
import { millisToHrTime } from '@opentelemetry/core';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  type DataPoint,
  DataPointType,
  type Histogram as HistogramValue,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import type { Exemplar } from './exemplar.js';
import type { Histogram, HistogramCell } from './histogram.js';
import { registeredHistograms } from './registered-histograms.js';

/** What the SDK's type has no room for. */
export interface ValueWithExemplars extends HistogramValue {
  /** By bucket. */
  readonly exemplars?: readonly (Exemplar | undefined)[];
}

const scope = { name: 'myelin' };

/** Hands {@link registeredHistograms} to a reader, beside what the SDK itself has. Always cumulative. */
export class HistogramProducer implements MetricProducer {
  collect(): Promise<CollectionResult> {
    const metrics = [...registeredHistograms.values()].map(dataOf).filter(({ dataPoints }) => dataPoints.length > 0);
    const resourceMetrics = { resource: emptyResource(), scopeMetrics: [{ scope, metrics }] };
    return Promise.resolve({ resourceMetrics, errors: [] });
  }
}

function dataOf({ declaration, cells }: Histogram): MetricData {
  const { name, description, unit, bounds = [] } = declaration;
  const now = millisToHrTime(Date.now());
  return {
    descriptor: { name, description, unit, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.HISTOGRAM,
    dataPoints: Array.from(cells, (cell) => ({ ...pointOf(cell, bounds), endTime: now })),
  };
}

function pointOf(cell: HistogramCell, bounds: readonly number[]): Omit<DataPoint<HistogramValue>, 'endTime'> {
  const { attributes, sinceMs, counts, count, sum, exemplars } = cell;
  const buckets = { boundaries: [...bounds], counts: [...counts] };
  const value: ValueWithExemplars = { buckets, count, sum, exemplars: [...exemplars] };
  return { startTime: millisToHrTime(sinceMs), attributes, value };
}
