import { Problem } from '@myelin/service-kit';
import type { ManifestFault } from '../domain/manifests/manifest-fault.js';
import type { ReleaseState } from '../domain/releases/release.js';
import type { ReleaseObstacle } from '../domain/releases/verdict.js';

/** Refusals about releases, and about the keys and policies that they are held to. */
export const releaseProblems = {
  limit: (entity: 'release' | 'signing-key' | 'firmware-policy', maximum: number) =>
    new Problem({
      status: 409,
      type: `${entity}-limit`,
      title: `The tenant has as much of this as it may: ${entity.replace('-', ' ')}`,
      extensions: { maximum },
    }),

  notDraft: (state: ReleaseState) =>
    new Problem({
      status: 409,
      type: 'release-not-draft',
      title: 'Only a draft can be changed or deleted',
      detail: `the release is ${state}`,
    }),

  notPublished: () =>
    new Problem({
      status: 409,
      type: 'release-not-published',
      title: 'The release is not published',
      detail: 'a draft is deleted, not revoked',
    }),

  revoked: () => new Problem({ status: 409, type: 'release-revoked', title: 'The release is revoked, which is final' }),

  notPublishable: (obstacles: readonly ReleaseObstacle[]) =>
    new Problem({
      status: 409,
      type: 'release-not-publishable',
      title: 'The release cannot be published as it is',
      detail: obstacles.map(({ code }) => code).join(', '),
      extensions: { obstacles },
    }),

  /** Each fault has its `code` beside pointer and detail. */
  manifestRefused: (faults: readonly ManifestFault[]) =>
    new Problem({
      status: 400,
      type: 'manifest-refused',
      title: 'The manifest is not a signed statement about this release',
      detail: [...new Set(faults.map(({ code }) => code))].join(', '),
      errors: faults.slice(0, 50),
    }),
};
