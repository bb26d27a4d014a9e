import { isDeepStrictEqual } from 'node:util';
import {
  type Operator,
  type Preconditions,
  actorOf,
  mayPut,
  requireIfMatch,
  validationFailed,
} from '@myelin/service-kit';
import type { EntityManager } from 'typeorm';
import { type ReleaseDefinition, type ReleaseRecord, releaseLimits } from '../../domain/releases/release.js';
import { compareVersions } from '../../domain/releases/version.js';
import type { Firmware } from '../../firmware.js';
import { referToArtifacts } from '../../persistence/artifact-references.repository.js';
import { countHistory } from '../../persistence/release-history.repository.js';
import {
  deleteRelease,
  findRelease,
  insertRelease,
  lockReleases,
  replaceRelease,
} from '../../persistence/releases.repository.js';
import { problems } from '../../problems.js';
import { noteHistory, releaseEntity } from '../../releases/note-history.js';
import { releaseProblems } from '../../releases/release.problems.js';

export interface PutRelease extends Preconditions {
  readonly release: string;
  readonly definition: ReleaseDefinition;
}

/**
 * What the release says already is put without a change, whatever `If-Match` says (RFC 9110, 13.1.1). A draft keeps its manifest:
 * whether that still says the same is judged when it is published.
 */
export function putRelease(
  firmware: Firmware,
  operator: Operator,
  command: PutRelease,
): Promise<{ row: ReleaseRecord; created: boolean }> {
  const { tenant } = operator;
  const { release, definition } = command;
  checkMinimum(definition);
  return firmware.change(async (tx) => {
    const count = await lockReleases(tx, tenant);
    const before = await findRelease(tx, tenant, release);
    if (before !== null && isRepeated(before, command)) return { row: before, created: false };
    if (before !== null && before.state !== 'draft') throw releaseProblems.notDraft(before.state);
    mayPut(before === null ? null : { version: before.revision }, command);
    if (before === null && count >= releaseLimits.perTenant)
      throw releaseProblems.limit('release', releaseLimits.perTenant);
    await referTo(tx, tenant, release, definition);
    const now = new Date(firmware.clock.nowMs());
    const change = { definition, updatedAt: now, updatedBy: actorOf(operator) };
    const row =
      before === null
        ? await newDraft(tx, tenant, release, change)
        : { ...before, ...change, revision: before.revision + 1 };
    await (before === null ? insertRelease(tx, row) : replaceRelease(tx, row));
    const action = before === null ? 'created' : 'changed';
    await noteHistory(tx, [{ tenant, entity: releaseEntity(release), at: now, actor: row.updatedBy, action }]);
    return { row, created: before === null };
  });
}

export function deleteDraft(
  firmware: Firmware,
  operator: Operator,
  { release, ifMatch }: { readonly release: string; readonly ifMatch: string | undefined },
): Promise<void> {
  const { tenant } = operator;
  return firmware.change(async (tx) => {
    await lockReleases(tx, tenant);
    const row = await findRelease(tx, tenant, release);
    if (row === null) throw problems.notFound('release');
    if (row.state !== 'draft') throw releaseProblems.notDraft(row.state);
    requireIfMatch(ifMatch, row.revision);
    await deleteRelease(tx, row);
    await referToArtifacts(tx, tenant, holderOf(release), []);
    const at = new Date(firmware.clock.nowMs());
    const deed = { tenant, entity: releaseEntity(release), at, actor: actorOf(operator), action: 'deleted' } as const;
    await noteHistory(tx, [deed]);
  });
}

/** Its revisions go on above those of a deleted draft of this id, each of which has left a record: no ETag comes twice. */
async function newDraft(
  tx: EntityManager,
  tenant: string,
  release: string,
  change: Pick<ReleaseRecord, 'definition' | 'updatedAt' | 'updatedBy'>,
): Promise<ReleaseRecord> {
  const revision = 1 + (await countHistory(tx, tenant, releaseEntity(release)));
  return {
    ...{ tenant, release, revision, state: 'draft', ...change, createdAt: change.updatedAt },
    ...{ manifest: null, releaseCounter: null, manifestExpiresAt: null, trust: null },
    ...{ publishedAt: null, revokedAt: null, revocationReason: null },
  };
}

/** The order of members has no meaning. */
function isRepeated(before: ReleaseRecord, { definition, ifNoneMatch }: PutRelease): boolean {
  return ifNoneMatch === undefined && isDeepStrictEqual(before.definition, JSON.parse(JSON.stringify(definition)));
}

function checkMinimum({ version, minimumVersion = version }: ReleaseDefinition): void {
  if (compareVersions(minimumVersion, version) <= 0) return;
  throw validationFailed([{ pointer: '/minimumVersion', detail: `must not be above the version ${version}` }]);
}

const holderOf = (release: string): string => `release:${release}`;

/** From now on the release refers to exactly these artifacts, which then stay. @throws Problem 400 validation-failed */
async function referTo(
  tx: EntityManager,
  tenant: string,
  release: string,
  { artifacts }: ReleaseDefinition,
): Promise<void> {
  const digests = artifacts.map(({ sha256 }) => sha256);
  const missing = new Set(await referToArtifacts(tx, tenant, holderOf(release), digests));
  const faults = artifacts.flatMap(({ sha256 }, index) => {
    const fault = { pointer: `/artifacts/${index}/sha256`, detail: 'there is no such artifact' };
    return missing.has(sha256) ? [fault] : [];
  });
  if (faults.length > 0) throw validationFailed(faults);
}
