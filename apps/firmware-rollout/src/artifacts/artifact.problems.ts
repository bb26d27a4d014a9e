import { Problem } from '@myelin/service-kit';
import { ArtifactStoreError } from './artifact-store.errors.js';

/** Refusals of uploads. The slug of a problem is part of the API. */
export const uploadProblems = {
  version: () =>
    new Problem({
      ...{ status: 412, type: 'tus-version-unsupported', headers: { 'Tus-Version': '1.0.0' } },
      detail: 'send Tus-Resumable: 1.0.0',
    }),
  mediaType: () =>
    new Problem({
      ...{
        status: 415,
        type: 'unsupported-media-type',
        detail: 'send application/offset+octet-stream, not compressed',
      },
    }),
  tooLarge: (limit: number) =>
    new Problem({
      ...{ status: 413, type: 'artifact-too-large', extensions: { limit } },
      detail: `an artifact has at most ${limit} bytes`,
    }),
  beyondLength: (offset: number, length: number) =>
    new Problem({
      ...{ status: 413, type: 'upload-length-exceeded', headers: offsetHeader(offset), extensions: { offset, length } },
      detail: 'the body goes on beyond Upload-Length',
    }),
  openUploads: (limit: number) =>
    new Problem({
      ...{ status: 409, type: 'artifact-upload-limit', extensions: { limit } },
      detail: `the tenant has ${limit} open uploads: complete or end one of them`,
    }),
  tenantBytes: (limit: number) =>
    new Problem({
      ...{ status: 409, type: 'artifact-bytes-limit', extensions: { limit } },
      detail: `artifacts and open uploads of the tenant would have more than ${limit} bytes`,
    }),
  offset: (offset: number) =>
    new Problem({
      ...{ status: 409, type: 'upload-offset-mismatch', headers: offsetHeader(offset), extensions: { offset } },
      detail: `Upload-Offset must be ${offset}`,
    }),
  expired: () =>
    new Problem({ status: 410, type: 'artifact-upload-expired', detail: 'the upload took too long: begin anew' }),
  digest: (expected: string, found: string) =>
    new Problem({
      ...{ status: 422, type: 'digest-mismatch', extensions: { expected, found } },
      detail: 'what was uploaded has another SHA-256 than was declared; it is discarded',
    }),
  busy: () =>
    new Problem({
      ...{ status: 423, type: 'artifact-upload-busy', headers: { 'Retry-After': '1' } },
      detail: 'another process is writing this upload, or was until it died',
    }),
  takenOver: () =>
    new Problem({
      ...{ status: 423, type: 'artifact-upload-taken-over', headers: { Connection: 'close' } },
      detail: 'a later request goes on with this upload',
    }),
  idle: () =>
    new Problem({
      ...{ status: 408, type: 'upload-idle', headers: { Connection: 'close' } },
      detail: 'nothing has come for too long; what came before is kept',
    }),
  truncated: () =>
    new Problem({ status: 400, type: 'body-truncated', detail: 'the body has broken off; what came is kept' }),
};

function offsetHeader(offset: number): Record<string, string> {
  return { 'Upload-Offset': String(offset) };
}

/** A failure of the store, as an answer. */
export function storeProblem(error: unknown): unknown {
  if (!(error instanceof ArtifactStoreError)) return error;
  if (error.code !== 'artifact-store.full') return error;
  return new Problem({
    ...{ status: 507, type: 'artifact-store-full', title: 'No space is left for artifacts', cause: error },
    detail: 'what was acknowledged is kept: go on when there is space again',
  });
}
