export const valueKinds = ['number', 'boolean', 'text', 'array', 'position'] as const;
export type ValueKind = (typeof valueKinds)[number];
export const retentionClasses = ['short', 'standard', 'long'] as const;
export type RetentionClass = (typeof retentionClasses)[number];
export const storagePolicies = ['raw', 'summary', 'evaluate-only'] as const;
export type StoragePolicy = (typeof storagePolicies)[number];
export const unknownMetricRules = ['refuse', 'keep'] as const;
export type UnknownMetricRule = (typeof unknownMetricRules)[number];

export interface Metric {
  readonly kind: ValueKind;
  readonly unit?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  /** Absolute. */
  readonly deadband?: number;
  readonly minimumIntervalMs?: number;
}
export type Metrics = Readonly<Record<string, Metric>>;

export const maxMetrics = 256;
const metricName = /^[A-Za-z0-9_][A-Za-z0-9._:/-]{0,127}$/;
const members = new Set(['kind', 'unit', 'minimum', 'maximum', 'deadband', 'minimumIntervalMs']);
/** A day. */
export const maxMinimumIntervalMs = 86_400_000;
/** A week. */
export const maxLatenessMs = 604_800_000;

/** What is wrong with the metrics of a profile, and where. */
export interface MetricsFault {
  /** Names of members, from the metrics inwards. */
  readonly path: readonly string[];
  readonly detail: string;
}

/** The first fault; undefined without any. A range belongs to numbers and to the samples of arrays, a deadband to numbers alone. */
export function faultInMetrics(value: unknown): MetricsFault | undefined {
  if (!isObject(value)) return { path: [], detail: 'must be an object of metrics' };
  const entries = Object.entries(value);
  if (entries.length > maxMetrics) return { path: [], detail: `must name at most ${maxMetrics} metrics` };
  for (const [name, metric] of entries) {
    // What is no name is not repeated: it may be as long as the body.
    if (!metricName.test(name))
      return { path: [], detail: `has a metric whose name does not match ${metricName.source}` };
    const fault = faultInMetric(metric);
    if (fault !== undefined) return { path: [name, ...fault.path], detail: fault.detail };
  }
  return undefined;
}

function faultInMetric(value: unknown): MetricsFault | undefined {
  if (!isObject(value)) return { path: [], detail: 'must be an object' };
  const stranger = Object.keys(value).find((key) => !members.has(key));
  if (stranger !== undefined) return { path: [], detail: `has a member beside ${[...members].join(', ')}` };
  const { kind, unit, minimum, maximum, deadband, minimumIntervalMs } = value;
  if (!valueKinds.includes(kind as ValueKind))
    return { path: ['kind'], detail: `must be one of ${valueKinds.join(', ')}` };
  if (unit !== undefined && !isUnit(unit)) return { path: ['unit'], detail: 'must be a text of at most 32 characters' };
  return (
    faultInRange(kind as ValueKind, minimum, maximum) ?? faultInFilters(kind as ValueKind, deadband, minimumIntervalMs)
  );
}

function faultInFilters(kind: ValueKind, deadband: unknown, minimumIntervalMs: unknown): MetricsFault | undefined {
  if (deadband !== undefined) {
    const path = ['deadband'];
    if (kind !== 'number') return { path, detail: `only number takes one, not ${kind}` };
    if (typeof deadband !== 'number' || !Number.isFinite(deadband) || deadband <= 0)
      return { path, detail: 'must be a number above 0' };
  }
  if (minimumIntervalMs === undefined) return undefined;
  const whole = Number.isInteger(minimumIntervalMs) ? (minimumIntervalMs as number) : 0;
  const detail = `must be a whole number from 1 to ${maxMinimumIntervalMs}`;
  return whole < 1 || whole > maxMinimumIntervalMs ? { path: ['minimumIntervalMs'], detail } : undefined;
}

function faultInRange(kind: ValueKind, minimum: unknown, maximum: unknown): MetricsFault | undefined {
  for (const [name, bound] of Object.entries({ minimum, maximum })) {
    if (bound === undefined) continue;
    if (!isBound(bound)) return { path: [name], detail: 'must be a number' };
    if (kind !== 'number' && kind !== 'array')
      return { path: [name], detail: `only number and array take one, not ${kind}` };
  }
  const [lowest, highest] = [minimum ?? Number.NEGATIVE_INFINITY, maximum ?? Number.POSITIVE_INFINITY] as number[];
  if ((lowest as number) <= (highest as number)) return undefined;
  return { path: ['minimum'], detail: 'is above the maximum' };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isUnit(value: unknown): boolean {
  return typeof value === 'string' && value.length <= 32 && !value.includes('\0') && value.isWellFormed();
}

function isBound(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
