import type { EntityManager } from 'typeorm';
import type { RolloutEntry } from '../domain/rollouts/change-rollout.js';
import type { ReleaseDemands } from '../domain/rollouts/find-obstacle.js';
import type { RolloutDefinition } from '../domain/rollouts/rollout-definition.js';
import type { Rollout, Wave } from '../domain/rollouts/rollout.js';
import { RolloutEntryEntity } from './rollout-entry.entity.js';
import { RolloutEntity, WaveEntity } from './rollout.entity.js';

/** A rollout with what it is called outside, and what it was written as. */
export interface RolloutRecord {
  readonly tenant: string;
  /** The slug. */
  readonly name: string;
  readonly definition: RolloutDefinition;
  readonly createdBy: string;
  readonly waitsFor: readonly string[];
  /** What its release asks of devices; absent before it has started. */
  readonly demands?: ReleaseDemands;
  /** Of the last change that somebody asked for. */
  readonly traceparent?: string;
  readonly rollout: Rollout;
}

export async function findRollout(db: EntityManager, tenant: string, name: string): Promise<RolloutRecord | undefined> {
  const row = await db.findOneBy(RolloutEntity, { tenant, rollout: name });
  return row === null ? undefined : recordOf(row);
}

/** Locks it: its changes, and those of its waves, follow each other. */
export async function lockRollout(tx: EntityManager, tenant: string, name: string): Promise<RolloutRecord | undefined> {
  const lock = { mode: 'pessimistic_write' } as const;
  const row = await tx.findOne(RolloutEntity, { where: { tenant, rollout: name }, lock });
  return row === null ? undefined : recordOf(row);
}

export async function findRolloutById(db: EntityManager, id: string): Promise<RolloutRecord | undefined> {
  const row = await db.findOneBy(RolloutEntity, { id });
  return row === null ? undefined : recordOf(row);
}

/** As {@link lockRollout}; undefined also while somebody else has it. */
export async function lockRolloutIfFree(tx: EntityManager, id: string): Promise<RolloutRecord | undefined> {
  const lock = { mode: 'pessimistic_write', onLocked: 'skip_locked' } as const;
  const row = await tx.findOne(RolloutEntity, { where: { id }, lock });
  return row === null ? undefined : recordOf(row);
}

/** Those that something may have to be done for, the oldest first. */
export async function rolloutsAtWork(db: EntityManager): Promise<string[]> {
  const sql = `SELECT id FROM rollout WHERE state IN ('running', 'paused', 'aborting') ORDER BY created_at, id`;
  return (await db.query<{ id: string }[]>(sql)).map(({ id }) => id);
}

export async function insertRollout(tx: EntityManager, record: RolloutRecord): Promise<void> {
  const { tenant, name, definition, createdBy, waitsFor, rollout } = record;
  const fixed = { tenant, rollout: name, id: rollout.id, definition, createdBy, waitsFor };
  await tx.insert(RolloutEntity, { ...fixed, ...columnsOf(rollout) } as never);
}

/** In the order of waves. */
export async function findWaves(db: EntityManager, rolloutId: string): Promise<Wave[]> {
  return (await db.find(WaveEntity, { where: { rolloutId }, order: { index: 'ASC' } })).map(waveOf);
}

/** @param sizes of the waves, in their order */
export async function insertWaves(tx: EntityManager, rolloutId: string, sizes: readonly number[]): Promise<void> {
  const rows = sizes.map((devices, index) => ({ rolloutId, index, devices, state: 'pending' as const }));
  await tx.insert(WaveEntity, rows);
}

/**
 * What a rollout and one of its waves are after a change. The caller has locked the rollout.
 * @param traceparent of a change that somebody asked for
 */
export async function saveRolloutChange(
  tx: EntityManager,
  change: { readonly rollout: Rollout; readonly wave?: Wave; readonly entry: RolloutEntry },
  traceparent?: string,
): Promise<void> {
  const { rollout, wave, entry } = change;
  const traced = traceparent === undefined ? {} : { traceparent };
  await tx.update(RolloutEntity, { id: rollout.id }, { ...columnsOf(rollout), ...traced });
  if (wave !== undefined) {
    await tx.update(WaveEntity, { rolloutId: rollout.id, index: wave.index }, waveColumnsOf(wave));
  }
  const { version, kind, from, to, atMs, wave: at = null, reason = null, detail = null, by: actor = null } = entry;
  const row = { rolloutId: rollout.id, version, kind, from, to, wave: at, reason, detail, actor, at: new Date(atMs) };
  await tx.insert(RolloutEntryEntity, row);
}

export async function saveDemands(tx: EntityManager, id: string, demands: ReleaseDemands): Promise<void> {
  await tx.query('UPDATE rollout SET demands = $2 WHERE id = $1', [id, JSON.stringify(demands)]);
}

export async function saveWaitsFor(tx: EntityManager, id: string, waitsFor: readonly string[]): Promise<void> {
  await tx.query('UPDATE rollout SET waits_for = $2 WHERE id = $1', [id, JSON.stringify(waitsFor)]);
}

export function recordOf(row: RolloutEntity): RolloutRecord {
  const { tenant, rollout: name, definition, createdBy, waitsFor, pausedReason, pausedDetail } = row;
  const rollout: Rollout = {
    ...{ id: row.id, weight: row.weight, createdAtMs: row.createdAt.getTime(), settings: definition.settings },
    ...{ state: row.state, version: row.version },
    ...(row.startedBy === null ? {} : { startedBy: row.startedBy }),
    ...(row.startedAt === null ? {} : { startedAtMs: row.startedAt.getTime() }),
    ...(row.approvedBy === null ? {} : { approvedBy: row.approvedBy }),
    ...(pausedReason === null ? {} : { paused: { reason: pausedReason, detail: pausedDetail ?? '' } }),
    ...(row.abortCause === null ? {} : { abortCause: row.abortCause }),
  };
  const demands = row.demands === null ? {} : { demands: row.demands };
  const traced = row.traceparent === null ? {} : { traceparent: row.traceparent };
  return { ...{ tenant, name, definition, createdBy, waitsFor, rollout }, ...demands, ...traced };
}

function columnsOf(rollout: Rollout) {
  const { version, state, weight, paused, abortCause = null, startedBy = null, approvedBy = null } = rollout;
  return {
    ...{ version, state, weight, abortCause, startedBy, approvedBy },
    ...{ pausedReason: paused?.reason ?? null, pausedDetail: paused?.detail ?? null },
    ...{ createdAt: new Date(rollout.createdAtMs), startedAt: dateOf(rollout.startedAtMs) },
  };
}

function waveOf(row: WaveEntity): Wave {
  const { index, state, approvedBy, advancedBy, excusedSucceeded, excusedUnsuccessful, traceparent } = row;
  return {
    ...{ index, state },
    ...(row.startedAt === null ? {} : { startedAtMs: row.startedAt.getTime() }),
    ...(row.finishedAt === null ? {} : { finishedAtMs: row.finishedAt.getTime() }),
    ...(row.doneAt === null ? {} : { doneAtMs: row.doneAt.getTime() }),
    ...(approvedBy === null ? {} : { approvedBy }),
    ...(advancedBy === null ? {} : { advancedBy }),
    ...(traceparent === null ? {} : { traceparent }),
    ...(excusedSucceeded === null || excusedUnsuccessful === null
      ? {}
      : { excused: { succeeded: excusedSucceeded, unsuccessful: excusedUnsuccessful } }),
  };
}

function waveColumnsOf({ state, approvedBy, advancedBy, excused, traceparent, ...times }: Wave) {
  return {
    ...{ state, approvedBy: approvedBy ?? null, advancedBy: advancedBy ?? null, traceparent: traceparent ?? null },
    ...{ excusedSucceeded: excused?.succeeded ?? null, excusedUnsuccessful: excused?.unsuccessful ?? null },
    ...{ startedAt: dateOf(times.startedAtMs), finishedAt: dateOf(times.finishedAtMs), doneAt: dateOf(times.doneAtMs) },
  };
}

function dateOf(ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(ms);
}
