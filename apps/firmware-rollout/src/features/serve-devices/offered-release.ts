import type { EntityManager } from 'typeorm';
import type { OfferedArtifact, OfferedChunk } from '../../ddi/deployment-answer.js';
import { findAction } from '../../persistence/assignments.repository.js';
import { findArtifactFacts } from '../../persistence/artifact-facts.repository.js';
import { findRelease } from '../../persistence/releases.repository.js';
import { findRolloutById } from '../../persistence/rollouts.repository.js';

/** What an action is about: a release's files, under the names that devices see. */
export interface OfferedRelease {
  readonly chunk: OfferedChunk;
  /** When each file came, by its name. */
  readonly createdAt: ReadonlyMap<string, Date>;
}

/**
 * The release of an action that the device was offered; undefined for any other. The action's id names the software module, so
 * that a device reaches the files of its own actions and no others.
 */
export async function offeredRelease(
  db: EntityManager,
  of: { readonly tenant: string; readonly device: string; readonly actionId: number },
): Promise<OfferedRelease | undefined> {
  const { tenant, device, actionId } = of;
  const action = await findAction(db, tenant, device, actionId);
  const record = action && (await findRolloutById(db, action.rolloutId));
  const release = record && (await findRelease(db, tenant, record.definition.release));
  if (release === undefined || release === null) return undefined;
  const { version, part, artifacts, metadata } = release.definition;
  const rows = await findArtifactFacts(
    db,
    tenant,
    artifacts.map(({ sha256 }) => sha256),
  );
  const createdAt = new Map<string, Date>();
  const offered = artifacts.flatMap(({ filename: fileName, sha256 }): OfferedArtifact[] => {
    const row = rows.get(sha256);
    if (row === undefined) return [];
    createdAt.set(fileName, row.createdAt);
    return [{ fileName, sha256, sha1: row.sha1, md5: row.md5, size: row.size }];
  });
  const shown = Object.entries(metadata).map(([key, value]) => ({ key, value }));
  const chunk = { moduleId: actionId, part, name: release.release, version, artifacts: offered };
  return { chunk: { ...chunk, ...(shown.length === 0 ? {} : { metadata: shown }) }, createdAt };
}
