import type { Attributes } from '@opentelemetry/api';
import { type DataPoint, DataPointType, type MetricData, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Exemplar } from './exemplar.js';
import type { ValueWithExemplars } from './histogram-producer.js';
import { type Kind, familyName, labelName, unitSuffix } from './prometheus-names.js';

/** OpenMetrics 1.0, which has exemplars, or Prometheus' own text format 0.0.4, which has none. */
export type MetricsFormat = 'open-metrics' | 'prometheus';

export const metricsMediaTypes: Readonly<Record<MetricsFormat, string>> = {
  'open-metrics': 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
};

interface Family {
  readonly kind: Kind;
  readonly unit: string | undefined;
  readonly help: string;
  readonly lines: string[];
  /** Label sets that are there already: a second sample of the same would make the whole text invalid. */
  readonly seen: Set<string>;
}

/** Text of all metrics; what of two metrics of one name is of another kind, or a second sample of a series, is left out. */
export function metricsText({ resource, scopeMetrics }: ResourceMetrics, format: MetricsFormat): string {
  const families = new Map<string, Family>();
  for (const metric of scopeMetrics.flatMap(({ metrics }) => metrics)) addTo(families, metric, format);
  const text = [...families].map(([name, family]) => familyText(name, family, format)).join('');
  const target = `target_info${braced(labelsOf(toldOf(resource.attributes)))} 1\n`;
  const isOpen = format === 'open-metrics';
  const head = isOpen
    ? '# TYPE target info\n# HELP target Who this is\n'
    : '# HELP target_info Who this is\n# TYPE target_info gauge\n';
  return head + target + text + (isOpen ? '# EOF\n' : '');
}

/** Paths, arguments and owners of processes are nobody's business who may read figures. */
function toldOf(attributes: Attributes): Attributes {
  const told = Object.entries(attributes).filter(([name]) => /^(service|telemetry\.sdk|process\.runtime)\./.test(name));
  return Object.fromEntries(told);
}

function addTo(families: Map<string, Family>, metric: MetricData, format: MetricsFormat): void {
  const kind = kindOf(metric);
  if (kind === undefined || metric.dataPoints.length === 0) return;
  const { unit, description } = metric.descriptor;
  const name = familyName(metric.descriptor.name, unit, kind);
  const made: Family = { kind, unit: unitSuffix(unit, kind), help: description, lines: [], seen: new Set() };
  const family = families.get(name) ?? made;
  if (family.kind !== kind) return;
  families.set(name, family);
  for (const point of metric.dataPoints) {
    const labels = labelsOf(point.attributes);
    if (family.seen.has(labels)) continue;
    family.seen.add(labels);
    if (metric.dataPointType === DataPointType.HISTOGRAM) {
      family.lines.push(...histogramLines(name, labels, point as DataPoint<ValueWithExemplars>, format));
    } else {
      const sample = kind === 'counter' ? `${name}_total` : name;
      family.lines.push(`${sample}${braced(labels)} ${numberText(point.value as number)}\n`);
    }
  }
}

function kindOf(metric: MetricData): Kind | undefined {
  if (metric.dataPointType === DataPointType.GAUGE) return 'gauge';
  if (metric.dataPointType === DataPointType.HISTOGRAM) return 'histogram';
  if (metric.dataPointType === DataPointType.SUM) return metric.isMonotonic ? 'counter' : 'gauge';
  return undefined;
}

function familyText(name: string, { kind, unit, help, lines }: Family, format: MetricsFormat): string {
  const isOpen = format === 'open-metrics';
  const family = kind === 'counter' && !isOpen ? `${name}_total` : name;
  const told = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  const helpLine = help === '' ? '' : `# HELP ${family} ${isOpen ? told.replaceAll('"', '\\"') : told}\n`;
  const unitLine = isOpen && unit !== undefined && name.endsWith(`_${unit}`) ? `# UNIT ${family} ${unit}\n` : '';
  return `# TYPE ${family} ${kind}\n${unitLine}${helpLine}${lines.join('')}`;
}

function histogramLines(
  name: string,
  labels: string,
  { value }: DataPoint<ValueWithExemplars>,
  format: MetricsFormat,
): string[] {
  const { buckets, exemplars = [], sum = 0 } = value;
  const before = labels === '' ? '' : `${labels},`;
  let below = 0;
  const lines = buckets.counts.map((count, i) => {
    below += count;
    const bound = buckets.boundaries[i];
    const le = bound === undefined ? '+Inf' : boundText(bound);
    const exemplar = format === 'open-metrics' ? exemplarText(exemplars[i]) : '';
    return `${name}_bucket{${before}le="${le}"} ${below}${exemplar}\n`;
  });
  return [...lines, `${name}_count${braced(labels)} ${below}\n`, `${name}_sum${braced(labels)} ${numberText(sum)}\n`];
}

function exemplarText(exemplar: Exemplar | undefined): string {
  if (exemplar === undefined) return '';
  const { traceId, spanId, value, atMs } = exemplar;
  return ` # {trace_id="${traceId}",span_id="${spanId}"} ${numberText(value)} ${(atMs / 1_000).toFixed(3)}`;
}

/** Attributes whose names are the same to Prometheus share a label, values in the order of their names, between them `;`. */
function labelsOf(attributes: Attributes): string {
  const labels = new Map<string, string>();
  for (const name of Object.keys(attributes).sort()) {
    const value = attributes[name];
    if (value === undefined || value === null) continue;
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const label = labelName(name);
    const known = labels.get(label);
    labels.set(label, known === undefined ? text : `${known};${text}`);
  }
  return Array.from(labels, ([label, value]) => `${label}="${escaped(value)}"`).join(',');
}

function braced(labels: string): string {
  return labels === '' ? '' : `{${labels}}`;
}

function escaped(value: string): string {
  return value.toWellFormed().replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

/** OpenMetrics 1.0, canonical numbers: a bound is always written the same, whatever format a server asks for. */
function boundText(bound: number): string {
  return Number.isInteger(bound) && Math.abs(bound) < 1e15 ? bound.toFixed(1) : numberText(bound);
}
