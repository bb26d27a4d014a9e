import { writeToOutbox } from '@myelin/outbox';
import { type Operator, actorOf, requireIfMatch } from '@myelin/service-kit';
import type { EntityManager } from 'typeorm';
import type { HistoryAction } from '../../domain/releases/history.js';
import type { ReleaseRecord } from '../../domain/releases/release.js';
import { canBePublished } from '../../domain/releases/verdict.js';
import type { Firmware } from '../../firmware.js';
import { findRelease, lockReleases, replaceRelease } from '../../persistence/releases.repository.js';
import { problems } from '../../problems.js';
import { releaseState } from '../../publication/release-state.js';
import { type Judging, readJudging, readOthers } from '../../releases/judging.js';
import { noteHistory, releaseEntity } from '../../releases/note-history.js';
import { releaseProblems } from '../../releases/release.problems.js';

/**
 * Makes a draft a published release, if its profile's policy lets it; what is published already stays as it is, so that a
 * request can be repeated.
 * @throws Problem 404; 409 release-revoked, release-not-publishable with every obstacle; 412 and 428
 */
export function publishRelease(
  firmware: Firmware,
  operator: Operator,
  { release, ifMatch }: { readonly release: string; readonly ifMatch: string | undefined },
): Promise<ReleaseRecord> {
  return firmware.change(async (tx) => {
    const row = await lockRelease(tx, operator, release);
    if (row.state === 'published') return row;
    if (row.state === 'revoked') throw releaseProblems.revoked();
    requireIfMatch(ifMatch, row.revision);
    const judging = await readJudging(tx, row);
    const { judged, policy, keys } = judging;
    const nowMs = firmware.clock.nowMs();
    const verdict = canBePublished(judged, policy, keys, nowMs, await readOthers(tx, row));
    if (!verdict.allowed) throw releaseProblems.notPublishable(verdict.obstacles);
    const now = new Date(nowMs);
    const { manifest } = verdict;
    const published = {
      state: 'published',
      publishedAt: now,
      trust: manifest === undefined ? 'unsigned' : 'signed',
      releaseCounter: manifest?.releaseCounter ?? null,
      manifestExpiresAt: manifest === undefined ? null : new Date(manifest.expiresAtMs),
    } as const;
    return save(tx, judging, { ...changed(row, operator, now), ...published }, 'published');
  });
}

/** Takes a published release back for good; one that is revoked stays as it is. @throws Problem 404; 409 release-not-published */
export function revokeRelease(
  firmware: Firmware,
  operator: Operator,
  { release, reason }: { readonly release: string; readonly reason: string },
): Promise<ReleaseRecord> {
  return firmware.change(async (tx) => {
    const row = await lockRelease(tx, operator, release);
    if (row.state === 'revoked') return row;
    if (row.state === 'draft') throw releaseProblems.notPublished();
    const now = new Date(firmware.clock.nowMs());
    const revoked = { state: 'revoked', revokedAt: now, revocationReason: reason } as const;
    const judging = await readJudging(tx, row);
    return save(tx, judging, { ...changed(row, operator, now), ...revoked }, 'revoked', reason);
  });
}

async function lockRelease(tx: EntityManager, { tenant }: Operator, release: string): Promise<ReleaseRecord> {
  await lockReleases(tx, tenant);
  const row = await findRelease(tx, tenant, release);
  if (row === null) throw problems.notFound('release');
  return row;
}

function changed(row: ReleaseRecord, operator: Operator, updatedAt: Date): ReleaseRecord {
  return { ...row, revision: row.revision + 1, updatedAt, updatedBy: actorOf(operator) };
}

async function save(
  tx: EntityManager,
  { judged }: Judging,
  row: ReleaseRecord,
  action: HistoryAction,
  reason?: string,
): Promise<ReleaseRecord> {
  const { tenant, release, updatedAt: at, updatedBy: actor } = row;
  const why = reason === undefined ? {} : { reason };
  await replaceRelease(tx, row);
  await noteHistory(tx, [{ tenant, entity: releaseEntity(release), at, actor, action, ...why }]);
  await writeToOutbox(tx, [releaseState(row, judged.facts)]);
  return row;
}
