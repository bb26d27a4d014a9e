import type { IncomingHttpHeaders } from 'node:http';
import { type ProblemFault, validationFailed } from '@myelin/service-kit';
import { uploadProblems } from '../../artifacts/artifact.problems.js';

export const tusVersion = '1.0.0';
export const tusExtensions = 'creation,termination,expiration';
export const uploadMediaType = 'application/offset+octet-stream';

export const fileNameForm = /^[A-Za-z0-9._-]{1,128}$/;
const digestForm = /^[0-9a-f]{64}$/;
const countForm = /^\d{1,15}$/;

export interface NewUpload {
  /** In bytes. */
  readonly length: number;
  readonly fileName: string;
  /** Lower-case hex, if the client declared it. */
  readonly sha256: string | undefined;
}

/** @throws Problem 412 tus-version-unsupported */
export function requireTus(headers: IncomingHttpHeaders): void {
  if (headers['tus-resumable'] !== tusVersion) throw uploadProblems.version();
}

/** @throws Problem 400 validation-failed with every fault, by the name of the header */
export function readNewUpload(headers: IncomingHttpHeaders): NewUpload {
  const faults: ProblemFault[] = [];
  const fault = (parameter: string, detail: string): void => void faults.push({ parameter, detail });
  const length = headers['upload-length'];
  if (headers['upload-defer-length'] !== undefined)
    fault('Upload-Defer-Length', 'is not supported: send Upload-Length');
  else if (!isCount(length) || Number(length) === 0) fault('Upload-Length', 'must be a number of bytes, at least 1');
  const metadata = readMetadata(headers['upload-metadata']);
  if (metadata === undefined) fault('Upload-Metadata', 'must be pairs of a name and a value in base64');
  const { filename, sha256 } = Object.fromEntries(metadata ?? []);
  if (metadata !== undefined && (filename === undefined || !isFileName(filename))) {
    fault('Upload-Metadata', 'filename must be 1 to 128 of A-Z a-z 0-9 . _ - and not only dots');
  }
  if (sha256 !== undefined && !digestForm.test(sha256)) {
    fault('Upload-Metadata', 'sha256 must be 64 hexadecimal digits in lower case');
  }
  if (faults.length > 0) throw validationFailed(faults);
  return { length: Number(length), fileName: filename as string, sha256 };
}

/** @throws Problem 400 validation-failed */
export function readOffset(headers: IncomingHttpHeaders): number {
  const offset = headers['upload-offset'];
  if (isCount(offset)) return Number(offset);
  throw validationFailed([{ parameter: 'Upload-Offset', detail: 'must be a number of bytes' }]);
}

/** `filename <base64>,sha256 <base64>`; undefined: it is something else. A name that comes twice is. */
function readMetadata(header: string | string[] | undefined): Map<string, string> | undefined {
  if (typeof header !== 'string' || header.length > 4_096) return undefined;
  const pairs = new Map<string, string>();
  for (const pair of header.split(',')) {
    const match = /^ *([!-+\--~]+)(?: +([A-Za-z0-9+/]*={0,2}))? *$/.exec(pair);
    if (match === null || pairs.has(match[1] as string)) return undefined;
    pairs.set(match[1] as string, Buffer.from(match[2] ?? '', 'base64').toString('utf8'));
  }
  return pairs;
}

function isFileName(name: string): boolean {
  return fileNameForm.test(name) && !/^\.+$/.test(name);
}

function isCount(text: string | string[] | undefined): text is string {
  return typeof text === 'string' && countForm.test(text);
}
