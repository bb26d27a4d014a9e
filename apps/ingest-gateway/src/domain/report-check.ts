import { CodedError } from '@myelin/kernel';

export interface Measurement {
  readonly ts?: number;
  readonly boot?: string;
  readonly seq?: number;
  readonly values: Readonly<Record<string, unknown>>;
}

export type ValueKind = 'number' | 'boolean' | 'text' | 'array' | 'position';

export interface ReportRules {
  readonly retentionMs: number;
  readonly unknownMetrics: 'refuse' | 'keep';
  readonly metrics: ReadonlyMap<
    string,
    { readonly kind: ValueKind; readonly minimum: number; readonly maximum: number }
  >;
}

export interface CheckedReport {
  /** Members of all objects in the report. */
  readonly members: number;
  /** `<index in the batch>:<metric>` of values outside their range, separated by commas; empty when there is none. */
  readonly outOfRange: string;
}

export type ReportFaultCode =
  | 'report.ts-too-old'
  | 'report.ts-too-far-ahead'
  | 'report.unknown-metric'
  | 'report.metric-reserved'
  | 'report.value-kind-mismatch'
  | 'report.text-not-storable'
  | 'report.too-many-out-of-range';

/** The first fault of a report; `pointer` is a JSON pointer (RFC 6901) into it. */
export class ReportFault extends CodedError<ReportFaultCode> {
  static at(code: ReportFaultCode, pointer: string, message: string, metric?: string): ReportFault {
    return ReportFault.permanent(code, message, { details: { pointer, metric } });
  }

  /** That the fault is about; undefined when it is about something else. */
  get metric(): string | undefined {
    return this.details['metric'] as string | undefined;
  }

  get pointer(): string {
    return String(this.details['pointer']);
  }
}

/** How far a device's clock may be ahead, in milliseconds. */
export const maxAheadMs = 5 * 60_000;
const maxOutOfRangeLength = 262_144;

/**
 * What the schema cannot say: time against the retention, metrics against the profile. The report has the form of the
 * contract already: one measurement or an array. @throws ReportFault the first in the order of the report
 */
export function checkReport(
  report: Measurement | readonly Measurement[],
  rules: ReportRules,
  nowMs: number,
): CheckedReport {
  const flagged: string[] = [];
  let members = 0;
  const check = (measurement: Measurement, index: number, base: string): void => {
    checkTime(measurement.ts, `${base}/ts`, rules.retentionMs, nowMs);
    const metrics = Object.keys(measurement.values);
    members += Object.keys(measurement).length + metrics.length;
    for (const metric of metrics) {
      const value = measurement.values[metric];
      if (isPosition(value)) members += Object.keys(value).length;
      const fault = valueFault(metric, value, rules);
      if (fault !== undefined)
        throw ReportFault.at(fault.code, `${base}/values/${escaped(metric)}`, fault.message, metric);
      if (isOutOfRange(value, rules.metrics.get(metric))) flagged.push(`${index}:${metric}`);
    }
  };
  if (Array.isArray(report)) {
    (report as readonly Measurement[]).forEach((measurement, index) => check(measurement, index, `/${index}`));
  } else {
    check(report as Measurement, 0, '');
  }
  return { members, outOfRange: joined(flagged) };
}

function checkTime(ts: number | undefined, pointer: string, retentionMs: number, nowMs: number): void {
  if (ts === undefined) return;
  if (ts > nowMs + maxAheadMs) {
    throw ReportFault.at(
      'report.ts-too-far-ahead',
      pointer,
      'the time is more than 5 minutes ahead of the receive time',
    );
  }
  if (ts < nowMs - retentionMs) {
    throw ReportFault.at(
      'report.ts-too-old',
      pointer,
      'measurements of this age are not kept any more for this profile',
    );
  }
}

interface ValueFault {
  readonly code: ReportFaultCode;
  readonly message: string;
}

function valueFault(metric: string, value: unknown, rules: ReportRules): ValueFault | undefined {
  if (metric === '__proto__') return { code: 'report.metric-reserved', message: 'is not a usable metric name' };
  const kind = kindOf(value);
  const rule = rules.metrics.get(metric);
  if (rule === undefined && rules.unknownMetrics === 'refuse') {
    return {
      code: 'report.unknown-metric',
      message: `the profile does not name the metric ${metric} and refuses unknown ones`,
    };
  }
  if (rule !== undefined && rule.kind !== kind) {
    return { code: 'report.value-kind-mismatch', message: `the profile says ${rule.kind}, not ${kind}` };
  }
  if (typeof value === 'string' && (!value.isWellFormed() || value.includes('\0'))) {
    return { code: 'report.text-not-storable', message: 'text must be well-formed Unicode without NUL' };
  }
  return undefined;
}

function kindOf(value: unknown): ValueKind {
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'string') return 'text';
  return Array.isArray(value) ? 'array' : 'position';
}

function isPosition(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An array is out of range when one of its samples is. */
function isOutOfRange(value: unknown, rule: { minimum: number; maximum: number } | undefined): boolean {
  if (rule === undefined) return false;
  const isOutside = (sample: unknown): boolean =>
    typeof sample === 'number' && (sample < rule.minimum || sample > rule.maximum);
  return Array.isArray(value) ? value.some(isOutside) : isOutside(value);
}

/** The flags travel in a record header, beside a body of up to 512 KiB: together they must fit into one record. */
function joined(flagged: readonly string[]): string {
  if (flagged.length === 0) return '';
  const text = flagged.join(',');
  if (text.length <= maxOutOfRangeLength) return text;
  throw ReportFault.at('report.too-many-out-of-range', '', `${flagged.length} values are outside of their range`);
}

/** RFC 6901, 3. */
function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
