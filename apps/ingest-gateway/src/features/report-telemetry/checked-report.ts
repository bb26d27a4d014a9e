import type { AuthenticatedDevice } from '@myelin/device-identity';
import type { DecodedReport } from '@myelin/encodings';
import type { Problem } from '@myelin/service-kit';
import { checkReport, type CheckedReport, type Measurement, ReportFault } from '../../domain/report-check.js';
import { bodyOf, decoded, type EncodedBody } from './body-decoding.js';
import { checkedAgainstContract } from './contract-check.js';
import { refusal, type RefusalType } from './refusals.js';

export interface CanonicalReport {
  /** What is forwarded. Of JSON the bytes that were received, inflated. */
  readonly body: Buffer;
  /** Measurements. */
  readonly count: number;
  readonly outOfRange: string;
}

/** What a check of a report needs to know about its device. */
export type ReportingDevice = Pick<AuthenticatedDevice, 'device' | 'profile'>;

/**
 * From received bytes to a report that may be written, or the first thing that is wrong with it.
 * @throws Problem every refusal with a status of 400 or 413
 */
export function checkedReport(received: EncodedBody, device: ReportingDevice, nowMs: number): CanonicalReport {
  const report = decoded(received, device, nowMs);
  const measurements = checkedAgainstContract(report);
  const { members, outOfRange } = checkedByProfile(measurements, report, device, nowMs);
  // A parser keeps the last of two members with one name: what is forwarded would say more than what was checked.
  if (report.members !== undefined && members !== report.members) throw refusal('duplicate-member');
  return { body: bodyOf(report), count: Array.isArray(measurements) ? measurements.length : 1, outOfRange };
}

function checkedByProfile(
  measurements: Measurement | readonly Measurement[],
  report: DecodedReport,
  device: ReportingDevice,
  nowMs: number,
): CheckedReport {
  try {
    return checkReport(measurements, device.profile, nowMs);
  } catch (error) {
    if (!(error instanceof ReportFault)) throw error;
    if (error.code === 'report.unknown-metric') throw unknownMetric(error, report, device);
    const type = error.code.slice('report.'.length) as RefusalType;
    throw refusal(type, { errors: [{ pointer: report.pointerOf(error.pointer), detail: error.message }] });
  }
}

/** Of SenML: the fault is in the name, and a name that is a metric behind something else takes that for the device. */
function unknownMetric(error: ReportFault, report: DecodedReport, { device, profile }: ReportingDevice): Problem {
  const pointer = report.namePointerOf?.(error.pointer) ?? report.pointerOf(error.pointer);
  const { metric = '' } = error;
  const other = report.namePointerOf === undefined ? undefined : ownerIn(metric, profile.metrics);
  if (other === undefined) return refusal('unknown-metric', { errors: [{ pointer, detail: error.message }] });
  const detail = `the name begins with ${other}, and the device that sent it is ${device}`;
  return refusal('senml-other-device', { errors: [{ pointer, detail }] });
}

/** What stands in front of a metric of the profile, and `:` or `/`. */
function ownerIn(name: string, metrics: ReadonlyMap<string, unknown>): string | undefined {
  const separator = [...name.matchAll(/[:/]/g)].find(({ index }) => metrics.has(name.slice(index + 1)));
  return separator === undefined ? undefined : name.slice(0, separator.index);
}
