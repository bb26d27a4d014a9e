import { requireIfMatch } from '@myelin/service-kit';
import { problems } from '../problems.js';

export interface Preconditions {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
}

/**
 * For PUT: whether it creates. Without headers it creates what is absent and refuses to overwrite blindly (428);
 * `If-None-Match: *` only creates, `If-Match` only changes.
 */
export function mayPut(existing: { readonly version: number } | null, { ifMatch, ifNoneMatch }: Preconditions): void {
  if (existing === null) {
    if (ifMatch !== undefined) throw problems.preconditionFailed(undefined);
    return;
  }
  if (ifNoneMatch !== undefined) throw problems.preconditionFailed(existing.version);
  requireIfMatch(ifMatch, existing.version);
}
