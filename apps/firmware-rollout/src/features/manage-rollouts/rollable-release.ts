import type { EntityManager } from 'typeorm';
import type { ReleaseRecord } from '../../domain/releases/release.js';
import { canBeRolledOut } from '../../domain/releases/verdict.js';
import { findRelease } from '../../persistence/releases.repository.js';
import { readJudging } from '../../releases/judging.js';
import { type RolloutObstacle, rolloutProblems } from './rollout.problems.js';

/** @throws Problem 409 release-not-rollable without one */
export async function existingRelease(db: EntityManager, tenant: string, name: string): Promise<ReleaseRecord> {
  const row = await findRelease(db, tenant, name);
  if (row !== null) return row;
  throw rolloutProblems.notRollable([{ code: 'release-missing', detail: `there is no release ${name}` }]);
}

/** A release that may be given to devices as it is now. @throws Problem 409 release-not-rollable with every obstacle */
export async function rollableRelease(
  tx: EntityManager,
  tenant: string,
  name: string,
  nowMs: number,
): Promise<ReleaseRecord> {
  const row = await existingRelease(tx, tenant, name);
  const obstacles = await obstaclesOfRelease(tx, row, nowMs);
  if (obstacles.length > 0) throw rolloutProblems.notRollable(obstacles);
  return row;
}

/** Everything in the way of giving a release to devices as it is now. @throws PersistenceError */
export async function obstaclesOfRelease(
  db: EntityManager,
  release: ReleaseRecord,
  nowMs: number,
): Promise<readonly RolloutObstacle[]> {
  const { judged, policy, keys } = await readJudging(db, release);
  return canBeRolledOut(judged, policy, keys, nowMs).obstacles;
}
