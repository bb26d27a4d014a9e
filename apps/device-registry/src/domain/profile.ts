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

/** Says what is wrong, or undefined. A range belongs to numbers and to the samples of arrays, a deadband to numbers alone. */
export function faultInMetrics(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'must be an object of metrics';
  const entries = Object.entries(value);
  if (entries.length > maxMetrics) return `must name at most ${maxMetrics} metrics`;
  for (const [name, metric] of entries) {
    if (!metricName.test(name)) return `has a metric whose name does not match ${metricName.source}`;
    const fault = faultInMetric(metric);
    if (fault !== undefined) return `metric ${name} ${fault}`;
  }
  return undefined;
}

function faultInMetric(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'must be an object';
  const stranger = Object.keys(value).find((key) => !members.has(key));
  if (stranger !== undefined) return `has a member beside ${[...members].join(', ')}`;
  const { kind, unit, minimum, maximum, deadband, minimumIntervalMs } = value as Record<string, unknown>;
  if (!valueKinds.includes(kind as ValueKind)) return `must have a kind of ${valueKinds.join(', ')}`;
  if (unit !== undefined && !isUnit(unit)) return 'must have a unit of at most 32 characters';
  return (
    faultInRange(kind as ValueKind, minimum, maximum) ?? faultInFilters(kind as ValueKind, deadband, minimumIntervalMs)
  );
}

function faultInFilters(kind: ValueKind, deadband: unknown, minimumIntervalMs: unknown): string | undefined {
  if (deadband !== undefined) {
    if (typeof deadband !== 'number' || !Number.isFinite(deadband) || deadband <= 0)
      return 'must have a deadband above 0';
    if (kind !== 'number') return 'has a deadband, which only number takes';
  }
  if (minimumIntervalMs === undefined) return undefined;
  const whole = Number.isInteger(minimumIntervalMs) ? (minimumIntervalMs as number) : 0;
  return whole < 1 || whole > maxMinimumIntervalMs
    ? `must have a minimumIntervalMs from 1 to ${maxMinimumIntervalMs}`
    : undefined;
}

function faultInRange(kind: ValueKind, minimum: unknown, maximum: unknown): string | undefined {
  if (minimum === undefined && maximum === undefined) return undefined;
  if (!isBound(minimum) || !isBound(maximum)) return 'must have numbers as minimum and maximum';
  if (kind !== 'number' && kind !== 'array') return 'has a range, which only number and array take';
  const [lowest, highest] = [minimum ?? Number.NEGATIVE_INFINITY, maximum ?? Number.POSITIVE_INFINITY];
  return lowest > highest ? 'has a minimum above its maximum' : undefined;
}

function isUnit(value: unknown): boolean {
  return typeof value === 'string' && value.length <= 32 && !value.includes('\0') && value.isWellFormed();
}

function isBound(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === 'number' && Number.isFinite(value));
}
