import type { EntityManager } from 'typeorm';
import type { Silence, SilenceState, StoredSilence } from '../domain/notifying/silences.js';
import { SilenceChangesEntity, SilenceEntity } from './silence.entity.js';

/** To be called first by whoever changes silences: changes of a tenant's silences follow each other, and are counted. */
export async function noteSilenceChange(tx: EntityManager, tenant: string): Promise<void> {
  const sql = `
    INSERT INTO silence_changes AS c (tenant, version) VALUES ($1, 1)
    ON CONFLICT (tenant) DO UPDATE SET version = c.version + 1`;
  await tx.query(sql, [tenant]);
}

/** How many changes of a tenant's silences there were. */
export async function silencesVersion(db: EntityManager, tenant: string): Promise<number> {
  return (await db.findOneBy(SilenceChangesEntity, { tenant }))?.version ?? 0;
}

/** Those that are not over. */
export async function openSilences(db: EntityManager, tenant: string, now: Date): Promise<StoredSilence[]> {
  const rows = await openAt(db, tenant, now).getMany();
  return rows.map(storedSilenceOf);
}

/** Of those that are not over. */
export async function openSilencesUsage(
  db: EntityManager,
  tenant: string,
  now: Date,
): Promise<{ count: number; cost: number }> {
  const usage = await openAt(db, tenant, now)
    .select('count(*)::integer', 'count')
    .addSelect('coalesce(sum(s.cost), 0)::integer', 'cost')
    .getRawOne<{ count: number; cost: number }>();
  return usage ?? { count: 0, cost: 0 };
}

export async function insertSilence(tx: EntityManager, tenant: string, silence: Silence, cost: number): Promise<void> {
  const { id, createdBy, comment, startsAtMs, endsAtMs } = silence;
  const matchers = silence.matchers.map(({ name, operator, value }) => ({ name, operator, value }));
  const times = { startsAt: new Date(startsAtMs), endsAt: new Date(endsAtMs) };
  await tx.insert(SilenceEntity, { tenant, id, matchers, ...times, createdBy, comment, cost } as never);
}

export async function findSilence(db: EntityManager, tenant: string, id: string): Promise<StoredSilence | undefined> {
  const row = await db.findOneBy(SilenceEntity, { tenant, id });
  return row === null ? undefined : storedSilenceOf(row);
}

export async function saveTimes(
  tx: EntityManager,
  tenant: string,
  { id, startsAtMs, endsAtMs }: Pick<Silence, 'id' | 'startsAtMs' | 'endsAtMs'>,
): Promise<void> {
  const times = { startsAt: new Date(startsAtMs), endsAt: new Date(endsAtMs) };
  await tx.update(SilenceEntity, { tenant, id }, times);
}

const ofState: Readonly<Record<SilenceState, string>> = {
  pending: 's.starts_at > :now AND s.ends_at > :now',
  active: 's.starts_at <= :now AND s.ends_at > :now',
  expired: 's.ends_at <= :now',
};

export interface SilencePage {
  readonly state?: SilenceState | undefined;
  readonly now: Date;
  /** The id that the page begins behind. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** The latest first. */
export async function listSilences(
  db: EntityManager,
  tenant: string,
  { state, now, after, limit }: SilencePage,
): Promise<StoredSilence[]> {
  const query = db
    .createQueryBuilder(SilenceEntity, 's')
    .where('s.tenant = :tenant', { tenant })
    .orderBy('s.id', 'DESC')
    .limit(limit);
  if (state !== undefined) query.andWhere(ofState[state], { now });
  if (after !== undefined) query.andWhere('s.id < CAST(:after AS uuid)', { after });
  return (await query.getMany()).map(storedSilenceOf);
}

/** Forgets silences that ended before an instant. How many there were. */
export async function forgetSilences(tx: EntityManager, before: Date, limit: number): Promise<number> {
  const sql = `
    DELETE FROM silence s USING (SELECT tenant, id FROM silence WHERE ends_at < $1 ORDER BY ends_at LIMIT $2) AS over
    WHERE s.tenant = over.tenant AND s.id = over.id`;
  const [, count] = await tx.query<[unknown[], number]>(sql, [before, limit]);
  return count;
}

function openAt(db: EntityManager, tenant: string, now: Date) {
  return db.createQueryBuilder(SilenceEntity, 's').where('s.tenant = :tenant AND s.ends_at > :now', { tenant, now });
}

function storedSilenceOf({ id, matchers, startsAt, endsAt, createdBy, comment }: SilenceEntity): StoredSilence {
  return { id, matchers, startsAtMs: startsAt.getTime(), endsAtMs: endsAt.getTime(), createdBy, comment };
}
