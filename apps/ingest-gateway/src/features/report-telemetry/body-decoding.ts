import {
  type ContentCoding,
  decodedContent,
  type DecodedReport,
  decodeReport,
  EncodingFault,
  type ReportMediaType,
} from '@myelin/encodings';
import type { Problem } from '@myelin/service-kit';
import { maxBodyBytes, maxDepth, maxInflation } from './body-limits.js';
import type { ReportingDevice } from './checked-report.js';
import { refusal } from './refusals.js';

/** A body as it came, and what the head of its request says about it. */
export interface EncodedBody {
  readonly bytes: Buffer;
  readonly mediaType: ReportMediaType;
  readonly coding: ContentCoding;
}

const inflationLimits = { maxBytes: maxBodyBytes, maxInflation };

/** @throws Problem for whatever is wrong with the encoding */
export function decoded(
  { bytes, mediaType, coding }: EncodedBody,
  device: ReportingDevice,
  nowMs: number,
): DecodedReport {
  const { metrics } = device.profile;
  const unitOf = (metric: string): string | undefined => metrics.get(metric)?.unit;
  const context = { device: device.device, nowMs, unitOf, maxDepth, maxBytes: maxBodyBytes };
  return refusing(() => decodeReport(decodedContent(bytes, coding, inflationLimits), mediaType, context));
}

/** @throws Problem body-too-large */
export function bodyOf(report: DecodedReport): Buffer {
  return refusing(() => report.body());
}

function refusing<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw error instanceof EncodingFault ? refusalOf(error) : error;
  }
}

/** Every fault of an encoding is a refusal of the same name. */
function refusalOf({ faultName, message, pointer }: EncodingFault): Problem {
  return refusal(faultName, pointer === undefined ? { detail: message } : { errors: [{ pointer, detail: message }] });
}
