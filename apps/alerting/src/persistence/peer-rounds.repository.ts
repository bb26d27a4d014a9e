import type { EntityManager } from 'typeorm';
import type { PassedRounds, PeerValue } from '../domain/evaluation/open-rounds.js';
import type { PeerStanding } from '../domain/evaluation/round-judge.js';
import type { ContributedGroup } from './peer-round.entity.js';

/** A version of a rule that compares devices with each other. */
export interface ComparingRule {
  readonly tenant: string;
  readonly rule: string;
  readonly version: number;
}

export interface ContributingPartition {
  readonly partition: number;
  /** Of its topic. */
  readonly partitions: number;
}

const columnsOf = `FROM jsonb_to_recordset($1::jsonb) AS r(tenant text, rule text, version integer, "untilMs" bigint)`;

const addComparisonsSql = `
  INSERT INTO peer_comparison (tenant, rule, version)
  SELECT DISTINCT r.tenant COLLATE "C", r.rule COLLATE "C", r.version ${columnsOf} ORDER BY 1, 2, 3
  ON CONFLICT DO NOTHING`;

// What a partition finds again after a restart it has said before: it may be judged by now.
const addContributionSql = `
  INSERT INTO peer_contribution (tenant, rule, version, partition, ends_at_ms, groups)
  SELECT $1, $2, $3, $4, r."endMs", r.groups FROM json_to_recordset($5::json) AS r("endMs" bigint, groups json)
  WHERE NOT EXISTS (
    SELECT FROM peer_progress p
    WHERE p.tenant = $1 AND p.rule = $2 AND p.version = $3 AND p.partition = $4 AND p.passed_until_ms >= r."endMs")
  ON CONFLICT DO NOTHING`;

const moveProgressSql = `
  INSERT INTO peer_progress AS p (tenant, rule, version, partition, partitions, passed_until_ms)
  SELECT r.tenant, r.rule, r.version, $2, $3, max(r."untilMs") ${columnsOf} GROUP BY r.tenant, r.rule, r.version
  ON CONFLICT (tenant, rule, version, partition) DO UPDATE
  SET partitions = EXCLUDED.partitions, passed_until_ms = greatest(p.passed_until_ms, EXCLUDED.passed_until_ms)`;

/**
 * Says what a partition has to say of rounds that are over there, once, however often it is found again. To be called in the
 * transaction in which the partition is held.
 */
export async function contributeRounds(
  tx: EntityManager,
  { partition, partitions }: ContributingPartition,
  passed: readonly PassedRounds[],
): Promise<void> {
  if (passed.length === 0) return;
  const of = JSON.stringify(passed.map(({ tenant, rule, version, untilMs }) => ({ tenant, rule, version, untilMs })));
  await tx.query(addComparisonsSql, [of]);
  for (const { tenant, rule, version, rounds } of passed) {
    if (rounds.length === 0) continue;
    const said = rounds.map(({ endMs, values }) => ({ endMs, groups: groupsOf(values) }));
    await tx.query(addContributionSql, [tenant, rule, version, partition, JSON.stringify(said)]);
  }
  await tx.query(moveProgressSql, [of, partition, partitions]);
}

export interface DueComparison extends ComparingRule {
  /** The end of the last round that all partitions have passed. */
  readonly passedUntilMs: number;
}

const dueSql = `
  SELECT c.tenant, c.rule, c.version, p.passed_until_ms::float8 AS "passedUntilMs"
  FROM peer_comparison c CROSS JOIN LATERAL (
    SELECT min(p.passed_until_ms) AS passed_until_ms, count(*) AS known, max(p.partitions) AS partitions
    FROM peer_progress p WHERE p.tenant = c.tenant AND p.rule = c.rule AND p.version = c.version) AS p
  WHERE p.known >= p.partitions AND p.passed_until_ms > coalesce(c.judged_until_ms, p.passed_until_ms - 1)
  ORDER BY c.tenant, c.rule, c.version`;

/** Rules of which all partitions have passed rounds that are not judged. */
export function dueComparisons(db: EntityManager): Promise<DueComparison[]> {
  return db.query<DueComparison[]>(dueSql);
}

export interface LockedComparison {
  /** The end of the last round that was judged; null before the first one. */
  readonly judgedUntilMs: number | null;
}

/** Holds the rule's rounds until the transaction ends. Undefined: somebody else does, or they are there no more. */
export async function lockComparison(
  tx: EntityManager,
  { tenant, rule, version }: ComparingRule,
): Promise<LockedComparison | undefined> {
  // Partitions go on contributing: their rows only need this one to stay.
  const [row] = await tx.query<LockedComparison[]>(
    `SELECT judged_until_ms::float8 AS "judgedUntilMs" FROM peer_comparison
     WHERE tenant = $1 AND rule = $2 AND version = $3 FOR NO KEY UPDATE SKIP LOCKED`,
    [tenant, rule, version],
  );
  return row;
}

/** The end of the first round of which something was said, behind one of them. */
export async function firstContributedRound(
  tx: EntityManager,
  { tenant, rule, version }: ComparingRule,
  afterMs: number | null,
): Promise<number | null> {
  const [row] = await tx.query<{ endMs: number | null }[]>(
    `SELECT min(ends_at_ms)::float8 AS "endMs" FROM peer_contribution
     WHERE tenant = $1 AND rule = $2 AND version = $3 AND ends_at_ms > $4`,
    [tenant, rule, version, afterMs ?? Number.MIN_SAFE_INTEGER],
  );
  return row?.endMs ?? null;
}

/** What was said of a round, in the order of partitions. */
export async function contributionsTo(
  tx: EntityManager,
  { tenant, rule, version }: ComparingRule,
  endMs: number,
): Promise<PeerValue[]> {
  const rows = await tx.query<{ groups: readonly ContributedGroup[] }[]>(
    `SELECT groups FROM peer_contribution
     WHERE tenant = $1 AND rule = $2 AND version = $3 AND ends_at_ms = $4 ORDER BY partition`,
    [tenant, rule, version, endMs],
  );
  return rows.flatMap(({ groups }) => groups).flatMap(valuesOf);
}

export async function standingsOf(
  tx: EntityManager,
  { tenant, rule, version }: ComparingRule,
): Promise<PeerStanding[]> {
  const rows = await tx.query<{ device: string; lastMs: number; slots: number[] }[]>(
    `SELECT device, last_ms::float8 AS "lastMs", slots FROM peer_standing
     WHERE tenant = $1 AND rule = $2 AND version = $3 ORDER BY device`,
    [tenant, rule, version],
  );
  return rows.map(({ slots, ...row }) => ({ ...row, slots: Float64Array.from(slots) }));
}

/** What is left when all rounds up to one are judged. */
export async function storeJudged(
  tx: EntityManager,
  { tenant, rule, version }: ComparingRule,
  untilMs: number,
  standings: readonly PeerStanding[],
): Promise<void> {
  const of = [tenant, rule, version];
  await tx.query('UPDATE peer_comparison SET judged_until_ms = $4 WHERE tenant = $1 AND rule = $2 AND version = $3', [
    ...of,
    untilMs,
  ]);
  await tx.query(
    'DELETE FROM peer_contribution WHERE tenant = $1 AND rule = $2 AND version = $3 AND ends_at_ms <= $4',
    [...of, untilMs],
  );
  await tx.query(
    'DELETE FROM peer_standing WHERE tenant = $1 AND rule = $2 AND version = $3 AND device <> ALL ($4::text[])',
    [...of, standings.map(({ device }) => device)],
  );
  const rows = standings.map(({ device, lastMs, slots }) => ({ device, lastMs, slots: [...slots].map(String) }));
  if (rows.length === 0) return;
  await tx.query(
    `INSERT INTO peer_standing (tenant, rule, version, device, last_ms, slots)
     SELECT $1, $2, $3, r.device, r."lastMs", r.slots
     FROM jsonb_to_recordset($4::jsonb) AS r(device text, "lastMs" bigint, slots float8[])
     ON CONFLICT (tenant, rule, version, device) DO UPDATE SET last_ms = EXCLUDED.last_ms, slots = EXCLUDED.slots`,
    [...of, JSON.stringify(rows)],
  );
}

/** Forgets rounds of rules that were changed or removed. */
export async function forgetOutdatedComparisons(tx: EntityManager): Promise<void> {
  await tx.query(
    `DELETE FROM peer_comparison c WHERE NOT EXISTS (
       SELECT FROM rule r WHERE r.tenant = c.tenant AND r.rule = c.rule AND r.version = c.version)`,
  );
}

export interface HeldBack extends ComparingRule {
  /** Those that have passed a round, and all of the topic. */
  readonly known: number;
  readonly partitions: number;
  /** Of the partition furthest behind. */
  readonly passedUntilMs: number;
}

/** Rules of which a round has waited for a partition for as long, in event time. */
export function heldBackComparisons(db: EntityManager, byMs: number): Promise<HeldBack[]> {
  return db.query<HeldBack[]>(
    `SELECT p.tenant, p.rule, p.version, count(*)::integer AS known, max(p.partitions) AS partitions,
            min(p.passed_until_ms)::float8 AS "passedUntilMs"
     FROM peer_progress p GROUP BY p.tenant, p.rule, p.version
     HAVING max(p.passed_until_ms) - $1 > CASE WHEN count(*) < max(p.partitions)
       THEN (SELECT min(o.ends_at_ms) FROM peer_contribution o
             WHERE o.tenant = p.tenant AND o.rule = p.rule AND o.version = p.version)
       ELSE min(p.passed_until_ms) END`,
    [byMs],
  );
}

function groupsOf(values: readonly PeerValue[]): ContributedGroup[] {
  const groups = Map.groupBy(values, ({ cohort, timeZone }) => `${cohort}\n${timeZone}`);
  return [...groups.values()].map((members) => {
    const { cohort, timeZone } = members[0] as PeerValue;
    const devices = members.map(({ device }) => device);
    return { cohort, timeZone, devices, values: members.map(({ value }) => value) };
  });
}

function valuesOf({ cohort, timeZone, devices, values }: ContributedGroup): PeerValue[] {
  return devices.map((device, nth) => ({ device, cohort, timeZone, value: values[nth] as number }));
}
