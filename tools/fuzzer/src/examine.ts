import { isDeepStrictEqual } from 'node:util';
import { measurementReportedV1 } from '@myelin/contracts';
import {
  type ContentCoding,
  decodedContent,
  type DecodedReport,
  decodeReport,
  EncodingFault,
  type ReportMediaType,
} from '@myelin/encodings';
import { disagreement } from './second-opinion.js';

export const limits = { maxBytes: 512 * 1_024, maxInflation: 100, maxDepth: 16 };
const maxCpuMs = 2_000;

export interface Input {
  readonly bytes: Buffer;
  readonly mediaType: ReportMediaType;
  readonly coding: ContentCoding;
}

/** What is examined; tests put faulty ones in its place. */
export type Decode = (input: Input) => DecodedReport;

export const decodeAsEdgesDo: Decode = ({ bytes, mediaType, coding }) =>
  decodeReport(decodedContent(bytes, coding, limits), mediaType, {
    ...limits,
    device: 'sensor-1',
    nowMs: 1_795_420_800_000,
    unitOf: (metric) => (metric === 'temperature' ? 'Cel' : undefined),
  });

export interface Examined {
  /** `accepted`, or the name of the fault. */
  readonly outcome: string;
  /** The promise that was broken, if one was. */
  readonly broken?: string;
}

/**
 * Decodes an input and holds what happens against the promises: nothing is thrown but named faults; what is accepted is
 * what the contract's validator says, survives the way through JSON, and is the same bytes again; time is bounded; another
 * implementation sees the same in it.
 */
export function examine(input: Input, decode: Decode = decodeAsEdgesDo): Examined {
  const started = process.threadCpuUsage();
  const decoded = attempt(() => decode(input));
  if (decoded instanceof Error) return thrown(decoded, input);
  const body = attempt(() => (isAccepted(decoded) ? decoded.body() : undefined));
  if (body instanceof Error) return thrown(body, input);
  const { user, system } = process.threadCpuUsage(started);
  const cpuMs = (user + system) / 1_000;
  if (cpuMs > maxCpuMs) return { outcome: 'slow', broken: `took ${Math.round(cpuMs)} ms of CPU` };
  const broken =
    secondOpinion(input, decoded) ?? (body === undefined ? undefined : brokenBy(input, decoded, body, decode));
  const outcome = body === undefined ? 'read, not of the contract' : 'accepted';
  return broken === undefined ? { outcome } : { outcome, broken };
}

function thrown(error: Error, input: Input): Examined {
  if (!(error instanceof EncodingFault))
    return { outcome: error.name, broken: `threw ${error.stack ?? error.message}` };
  const broken = secondOpinion(input, error) ?? pointerFault(error);
  return broken === undefined ? { outcome: error.faultName } : { outcome: error.faultName, broken };
}

function attempt<Result>(act: () => Result): Result | Error {
  try {
    return act();
  } catch (error) {
    return error instanceof Error ? error : new Error(`threw ${String(error)}`);
  }
}

function isAccepted({ value }: DecodedReport): boolean {
  return measurementReportedV1.strict(value).ok;
}

function brokenBy(input: Input, { value }: DecodedReport, body: Buffer, decode: Decode): string | undefined {
  if (body.length > limits.maxBytes) return `a canonical body of ${body.length} bytes`;
  const again: unknown = JSON.parse(body.toString('utf8'));
  if (!measurementReportedV1.strict(again).ok) return 'the canonical body does not keep the contract';
  // JSON as it came may name a member twice, or write -0: whoever counts its members finds that.
  if (input.mediaType !== 'application/json' && !isDeepStrictEqual(again, value))
    return 'altered on the way through JSON';
  return decode(input).body().equals(body) ? undefined : 'other bytes the second time';
}

function secondOpinion({ bytes, mediaType, coding }: Input, ours: DecodedReport | EncodingFault): string | undefined {
  return mediaType === 'application/cbor' && coding === 'identity' ? disagreement(bytes, ours) : undefined;
}

/** RFC 6901, and short enough to be sent back. */
function pointerFault({ pointer = '', message }: EncodingFault): string | undefined {
  if (!/^(?:\/(?:[^~/]|~[01])*)*$/s.test(pointer)) return `the pointer ${pointer}`;
  return pointer.length + message.length > 20_000 ? 'an answer as long as the body' : undefined;
}
