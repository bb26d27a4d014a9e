import type { EntityManager } from 'typeorm';
import { readCounts } from '../../persistence/assignment-counts.repository.js';
import { waveSizes } from '../../persistence/rollout-lists.repository.js';
import { type RolloutRecord, findRollout, findWaves, lockRollout } from '../../persistence/rollouts.repository.js';
import { problems } from '../../problems.js';
import type { RolloutFacts } from './rollout-view.dto.js';

/** @throws Problem 404 rollout-not-found */
export async function readRollout(db: EntityManager, tenant: string, name: string): Promise<RolloutRecord> {
  const record = await findRollout(db, tenant, name);
  if (record === undefined) throw problems.notFound('rollout');
  return record;
}

/** @throws Problem 404 rollout-not-found */
export async function holdRollout(tx: EntityManager, tenant: string, name: string): Promise<RolloutRecord> {
  const record = await lockRollout(tx, tenant, name);
  if (record === undefined) throw problems.notFound('rollout');
  return record;
}

/** @throws Problem 404 rollout-not-found */
export async function readFacts(db: EntityManager, tenant: string, name: string): Promise<RolloutFacts> {
  const record = await readRollout(db, tenant, name);
  const { id } = record.rollout;
  return { record, waves: await findWaves(db, id), sizes: await waveSizes(db, id), counts: await readCounts(db, id) };
}
