import { writeToOutbox } from '@myelin/outbox';
import type { EntityManager } from 'typeorm';
import type { ReleaseRecord } from '../domain/releases/release.js';
import { trustOf } from '../domain/releases/verdict.js';
import { type ReleaseFilter, listReleases, replaceRelease } from '../persistence/releases.repository.js';
import { releaseState } from '../publication/release-state.js';
import { type Judging, readJudgings } from './judging.js';
import { noteHistory, releaseEntity } from './note-history.js';

const pageSize = 100;

export interface Review {
  readonly at: Date;
  readonly actor: string;
  /** What has changed, for the history of each release. */
  readonly reason: string;
}

/**
 * Judges published releases anew after a key or a policy has changed, in the transaction of that change: each whose trust is
 * another now gets a revision, a record in its history, and is published.
 * @param among whom the change concerns
 * @returns which releases are another now
 */
export async function reviewReleases(
  tx: EntityManager,
  tenant: string,
  among: Pick<ReleaseFilter, 'profile' | 'signer'>,
  review: Review,
): Promise<string[]> {
  const changed: string[] = [];
  for (let after: string | undefined = ''; after !== undefined;) {
    const page = { after, limit: pageSize };
    const rows: ReleaseRecord[] = await listReleases(tx, tenant, { ...among, state: 'published' }, page);
    const next = (await readJudgings(tx, tenant, rows)).flatMap((judging) => reviewed(judging, review));
    await save(tx, next, review);
    changed.push(...next.map(({ row }) => row.release));
    after = rows.length === pageSize ? rows.at(-1)?.release : undefined;
  }
  return changed;
}

/** The release as it is now, if its trust is another. */
function reviewed(judging: Judging, { at, actor }: Review): Judging[] {
  const { row, judged, policy, keys } = judging;
  const trust = trustOf(judged, policy, keys);
  if (trust === row.trust) return [];
  return [{ ...judging, row: { ...row, trust, revision: row.revision + 1, updatedAt: at, updatedBy: actor } }];
}

async function save(tx: EntityManager, changed: readonly Judging[], review: Review): Promise<void> {
  if (changed.length === 0) return;
  for (const { row } of changed) await replaceRelease(tx, row);
  const deeds = changed.map(({ row: { tenant, release, trust } }) => ({
    ...{ ...review, tenant, entity: releaseEntity(release) },
    action: `became-${trust ?? 'untrusted'}` as const,
  }));
  await noteHistory(tx, deeds);
  const records = changed.map(({ row, judged }) => releaseState(row, judged.facts));
  await writeToOutbox(tx, records);
}
