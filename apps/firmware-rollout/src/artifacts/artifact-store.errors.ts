import { CodedError } from '@myelin/kernel';

export type ArtifactStoreErrorCode =
  /** Permanent: there is no blob of this digest. */
  | 'artifact-store.missing'
  /** Retryable: no space is left, on the disk or in the quota. */
  | 'artifact-store.full'
  /** Permanent: what is stored, or was handed over, is not what its digest says. */
  | 'artifact-store.corrupt'
  /** Retryable: the disk or the server failed. */
  | 'artifact-store.unavailable';

export class ArtifactStoreError extends CodedError<ArtifactStoreErrorCode> {}

const fullCodes = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** What went wrong with a file, in the store's words. */
export function fileFailure(cause: unknown): ArtifactStoreError {
  if (cause instanceof ArtifactStoreError) return cause;
  const code = errorCode(cause);
  if (code !== undefined && fullCodes.has(code)) {
    return ArtifactStoreError.retryable('artifact-store.full', 'there is no space left for artifacts', { cause });
  }
  return ArtifactStoreError.retryable('artifact-store.unavailable', 'a file of artifacts could not be used', { cause });
}

export function missingBlob(sha256: string, cause?: unknown): ArtifactStoreError {
  return ArtifactStoreError.permanent('artifact-store.missing', `the store has no blob ${sha256}`, { cause });
}

export function corruptBlob(sha256: string): ArtifactStoreError {
  return ArtifactStoreError.permanent('artifact-store.corrupt', `the blob ${sha256} is not what its digest says`);
}

/** `ENOENT` and the like. */
export function errorCode(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : undefined;
}
