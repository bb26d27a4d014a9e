import { etag, requireIfMatch } from './etag.js';
import { Problem } from './problem.js';

/** The headers, as they came. */
export interface Preconditions {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
}

/**
 * For PUT of a resource that its client names; `existing` null: it creates. Without headers it creates what is absent and
 * refuses to overwrite blindly (428); `If-None-Match: *` only creates, `If-Match` only changes.
 * @throws Problem 412 version-mismatch, 428 precondition-required
 */
export function mayPut(existing: { readonly version: number } | null, { ifMatch, ifNoneMatch }: Preconditions): void {
  if (existing === null) {
    if (ifMatch !== undefined) throw preconditionFailed(undefined);
    return;
  }
  if (ifNoneMatch !== undefined) throw preconditionFailed(existing.version);
  requireIfMatch(ifMatch, existing.version);
}

/** @param version of the resource as it is; undefined = there is none */
export function preconditionFailed(version: number | undefined): Problem {
  return new Problem({
    status: 412,
    type: 'version-mismatch',
    detail: version === undefined ? 'the resource does not exist' : 'the resource exists or has changed',
    ...(version === undefined ? {} : { headers: { ETag: etag(version) } }),
  });
}
