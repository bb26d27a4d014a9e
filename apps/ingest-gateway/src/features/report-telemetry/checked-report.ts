import type { DeviceProfile } from '@myelin/device-identity';
import { checkReport, type CheckedReport, type Measurement, ReportFault } from '../../domain/report-check.js';
import { inflated, parsedJson } from './body-reading.js';
import { checkedAgainstContract } from './contract-check.js';
import { refusal, type RefusalType } from './refusals.js';

export type BodyEncoding = 'identity' | 'gzip';

export interface CanonicalReport {
  /** What is forwarded: the bytes that were received, inflated. */
  readonly body: Buffer;
  /** Measurements. */
  readonly count: number;
  readonly outOfRange: string;
}

/**
 * From received bytes to a report that may be written, or the first thing that is wrong with it.
 * @throws Problem every refusal with a status of 400 or 413
 */
export function checkedReport(
  received: Buffer,
  encoding: BodyEncoding,
  profile: DeviceProfile,
  nowMs: number,
): CanonicalReport {
  const body = encoding === 'gzip' ? inflated(received) : received;
  const { value, shape } = parsedJson(body);
  const report = checkedAgainstContract(value);
  const { members, outOfRange } = checkedByProfile(report, profile, nowMs);
  // A parser keeps the last of two members with one name: what is forwarded would say more than what was checked.
  if (members !== shape.members) throw refusal('duplicate-member');
  return { body, count: Array.isArray(report) ? report.length : 1, outOfRange };
}

function checkedByProfile(
  report: Measurement | readonly Measurement[],
  profile: DeviceProfile,
  nowMs: number,
): CheckedReport {
  try {
    return checkReport(report, profile, nowMs);
  } catch (error) {
    if (!(error instanceof ReportFault)) throw error;
    const type = error.code.slice('report.'.length) as RefusalType;
    throw refusal(type, { errors: [{ pointer: error.pointer, detail: error.message }] });
  }
}
