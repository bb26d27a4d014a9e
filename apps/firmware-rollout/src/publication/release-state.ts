import { type PayloadOf, releaseStateV1 } from '@myelin/contracts';
import { type EncodedRecord, encodeEvent } from '@myelin/messaging';
import type { ArtifactFacts, ReleaseRecord } from '../domain/releases/release.js';
import { publisherSource } from '../identity.js';

/** The state of a release that is or was published. @param facts of its artifacts */
export function releaseState(row: ReleaseRecord, facts: readonly ArtifactFacts[]): EncodedRecord {
  const { tenant, release, revision, updatedAt, definition, releaseCounter, manifestExpiresAt } = row;
  const { version, profile, hardware, minimumVersion, part, metadata } = definition;
  const artifacts = definition.artifacts.map(({ filename, sha256 }) => ({
    ...{ filename, sha256 },
    size: facts.find((one) => one.sha256 === sha256)?.size ?? 0,
  }));
  const payload: PayloadOf<typeof releaseStateV1> = {
    ...{ tenant, release, revision, updatedAt: updatedAt.toISOString() },
    state: row.state === 'revoked' ? 'revoked' : 'published',
    trust: row.trust ?? 'untrusted',
    ...{ version, profile, hardware: [...hardware], part, artifacts, metadata },
    ...(minimumVersion === undefined ? {} : { minimumVersion }),
    ...(releaseCounter === null ? {} : { releaseCounter }),
    ...(manifestExpiresAt === null ? {} : { manifestExpiresAt: manifestExpiresAt.toISOString() }),
    publishedAt: (row.publishedAt ?? updatedAt).toISOString(),
    ...(row.revocationReason === null ? {} : { reason: row.revocationReason }),
  };
  const event = { contract: releaseStateV1, key: `${tenant}/${release}`, payload };
  return encodeEvent({ ...event, timeMs: updatedAt.getTime(), version: revision }, publisherSource);
}
