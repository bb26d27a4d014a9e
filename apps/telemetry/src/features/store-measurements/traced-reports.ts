import { parseDeviceKey } from '@myelin/kernel';
import type { SampledRecord } from '@myelin/messaging';
import { myelinAttributes } from '@myelin/observability';
import type { Span } from '@opentelemetry/api';
import type { Measurement } from '../../domain/measurement.js';
import type { BatchPlan } from '../../domain/plan-batch.js';
import type { DecodedReport } from './decode-report.js';

/** A report whose request is sampled, and the span that tells what became of it. */
export interface TracedReport {
  readonly report: DecodedReport;
  readonly span: Span;
}

export type Outcome = 'stored' | 'duplicate' | 'expired' | 'evaluated-only';

/** Those of a batch's reports that are sampled: few, and usually none. */
export function tracedReports(reports: readonly DecodedReport[], sampled: readonly SampledRecord[]): TracedReport[] {
  if (sampled.length === 0) return [];
  const spans = new Map(sampled.map(({ record, span }) => [record.offset, span]));
  return reports.flatMap((report) => {
    const span = spans.get(report.offset);
    return span === undefined ? [] : [{ report, span }];
  });
}

/**
 * Says on the spans of traced reports what became of them: to be called when the plan is committed.
 * @param together all reports of the transaction, in its order: of copies within it the first is the one that is stored
 */
export function noteOutcomes(
  traced: readonly TracedReport[],
  plan: BatchPlan,
  together: readonly DecodedReport[],
): void {
  if (traced.length === 0) return;
  const devices = new Set(traced.map(({ report }) => report.deviceIndex));
  const inserted = new Set(plan.inserts.filter(({ deviceIndex }) => devices.has(deviceIndex)).map(placeOf));
  const firsts = new Map<string, Measurement>();
  for (const { deviceIndex, measurements } of together) {
    if (!devices.has(deviceIndex)) continue;
    for (const one of measurements) if (!firsts.has(placeOf(one))) firsts.set(placeOf(one), one);
  }
  const isStored = (one: Measurement): boolean => inserted.has(placeOf(one)) && firsts.get(placeOf(one)) === one;
  for (const { report, span } of traced) {
    const { tenant, device } = parseDeviceKey(report.key);
    span.setAttributes({
      [myelinAttributes.tenant]: tenant,
      [myelinAttributes.device]: device,
      [myelinAttributes.outcome]: outcomeOf(report, plan, isStored),
    });
  }
}

/** Of a report with several measurements the best that became of one of them. */
function outcomeOf(
  { deviceIndex, evaluateOnly, measurements }: DecodedReport,
  { counts }: BatchPlan,
  isStored: (measurement: Measurement) => boolean,
): Outcome {
  if (evaluateOnly > 0) return 'evaluated-only';
  if (measurements.some(isStored)) return 'stored';
  return (counts.get(deviceIndex)?.duplicates ?? 0) > 0 ? 'duplicate' : 'expired';
}

function placeOf({ deviceIndex, tsMs, fingerprint }: Measurement): string {
  return `${deviceIndex}@${tsMs}/${fingerprint}`;
}
