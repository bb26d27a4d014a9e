import type { EntityManager } from 'typeorm';
import type { Candidate } from '../domain/assignments/choose-for-device.js';
import type { UpdatableDevice } from '../domain/rollouts/find-obstacle.js';
import { toleratedSkewMs } from '../domain/rollouts/clock-skew.js';
import { type OfferedLately, burstMs } from '../domain/rollouts/speed.js';
import { type DeviceRow, updatableOf } from './rollout-devices.repository.js';
import type { RolloutRecord } from './rollouts.repository.js';

const activeStates = `('unconfirmed', 'offered', 'retrieved', 'downloading', 'downloaded', 'installing', 'cancelling')`;

/** A planned device of a wave that has begun, with what the registry says of it. */
export interface WaitingDevice extends UpdatableDevice {
  readonly position: number;
  readonly timeZone?: string;
  /** Another assignment of it is active. */
  readonly isBusy: boolean;
  /** Every running rollout that would have it now. */
  readonly candidates: readonly Candidate[];
}

interface WaitingRow extends DeviceRow {
  position: number;
  time_zone: string | null;
  busy: boolean;
  candidates: { rollout: string; weight: number; createdAtMs: number }[] | null;
}

/**
 * Of the given waves, in the rollout's order, from behind `after` on: who looks at all of them page by page lets nobody wait for
 * those who cannot go on themselves.
 */
export async function waitingDevices(
  tx: EntityManager,
  rolloutId: string,
  page: { readonly waves: readonly number[]; readonly after: number; readonly limit: number },
): Promise<WaitingDevice[]> {
  const found: WaitingDevice[] = [];
  for (const wave of page.waves) {
    if (found.length >= page.limit) break;
    const rows = await tx.query<WaitingRow[]>(waitingSql, [rolloutId, wave, page.after, page.limit - found.length]);
    found.push(...rows.map(waitingOf));
  }
  return found;
}

/**
 * Each wave for itself: its planned devices stand in order in an index. `OFFSET 0`: what a device has is looked up by its key, whatever
 * the statistics say; those from before a start would have the whole rollout read for each device.
 */
const waitingSql = `
  WITH waiting AS (
    SELECT a.tenant, a.device, a."position" FROM assignment a
    WHERE a.rollout_id = $1 AND a.wave = $2 AND a.state = 'planned' AND a."position" > $3
    ORDER BY a."position" LIMIT $4)
  SELECT waiting.device, waiting."position", d.profile, d.site, d.time_zone, d.lifecycle, d.labels,
    d.metadata -> 'hardware' AS hardware, CASE WHEN i.doubted_action IS NULL THEN i.installed_version END AS running_version,
    EXISTS (SELECT FROM assignment o WHERE o.tenant = waiting.tenant AND o.device = waiting.device
      AND o.state IN ${activeStates}) AS busy,
    (SELECT json_agg(json_build_object('rollout', r.id, 'weight', r.weight,
        'createdAtMs', (extract(epoch FROM r.created_at) * 1000)::float8))
      FROM (SELECT rollout_id, wave, state FROM assignment
        WHERE tenant = waiting.tenant AND device = waiting.device OFFSET 0) o
      JOIN rollout r ON r.id = o.rollout_id AND r.state = 'running'
      JOIN rollout_wave w ON w.rollout_id = o.rollout_id AND w.wave = o.wave AND w.state <> 'pending'
      WHERE o.state = 'planned') AS candidates
  FROM waiting LEFT JOIN device d USING (tenant, device) LEFT JOIN installation i USING (tenant, device)
  ORDER BY waiting."position"`;

function waitingOf({ position, busy: isBusy, candidates, time_zone: timeZone, ...row }: WaitingRow): WaitingDevice {
  const zone = timeZone === null ? {} : { timeZone };
  return { ...updatableOf(row), position, isBusy, candidates: candidates ?? [], ...zone };
}

/** Devices of a rollout whose time is up, the longest waiting first. */
export async function dueDevices(
  tx: EntityManager,
  rolloutId: string,
  { nowMs, limit }: { readonly nowMs: number; readonly limit: number },
): Promise<string[]> {
  const rows = await tx.query<{ device: string }[]>(
    'SELECT device FROM assignment WHERE rollout_id = $1 AND due_at <= $2 ORDER BY due_at, device LIMIT $3',
    [rolloutId, new Date(nowMs), limit],
  );
  return rows.map(({ device }) => device);
}

/**
 * What a rollout offered within the last minute. Of another process whose clock is a little ahead it counts; what a clock that was far
 * ahead offered does not hold up the rollout until then.
 */
export async function offeredLately(tx: EntityManager, rolloutId: string, nowMs: number): Promise<OfferedLately> {
  const [row] = await tx.query<[{ in_minute: number; in_burst: number }]>(
    `SELECT count(*)::integer AS in_minute, (count(*) FILTER (WHERE offered_at > $3))::integer AS in_burst
     FROM action WHERE rollout_id = $1 AND offered_at > $2 AND offered_at <= $4`,
    [rolloutId, new Date(nowMs - 60_000), new Date(nowMs - burstMs), new Date(nowMs + toleratedSkewMs)],
  );
  return { inMinute: row.in_minute, inBurst: row.in_burst };
}

/** Whether the release of a rollout may not go on; undefined when it may. */
export async function releaseStanding(
  tx: EntityManager,
  { tenant, definition }: RolloutRecord,
  nowMs: number,
): Promise<'revoked' | 'untrusted' | undefined> {
  const [row] = await tx.query<{ state: string; trusted: boolean }[]>(
    `SELECT state, trust IS DISTINCT FROM 'untrusted' AND coalesce(manifest_expires_at > $3, true) AS trusted
     FROM release WHERE tenant = $1 AND release = $2`,
    [tenant, definition.release, new Date(nowMs)],
  );
  if (row?.state === 'revoked') return 'revoked';
  return row?.trusted === false ? 'untrusted' : undefined;
}

export interface StoppablePage {
  /** They are told to stop. */
  readonly working: readonly string[];
  /** Nobody has told them anything. */
  readonly waiting: readonly string[];
  /** The position behind which the next page goes on; -1 = from the first. */
  readonly after: number;
}

/**
 * Who of a rollout can still be asked to stop, or never begin: first those at work, whose time is up soonest, then those who wait, in
 * the order of the given waves from behind `after` on. Each stands in an index that has only those: what an abort has reached is not
 * read again.
 */
export async function stoppableDevices(
  tx: EntityManager,
  rolloutId: string,
  { waves, after, limit }: { readonly waves: readonly number[]; readonly after: number; readonly limit: number },
): Promise<StoppablePage> {
  const working = await devicesOf(tx, workingSql, [rolloutId, limit]);
  const waiting: { readonly device: string; readonly position: number }[] = [];
  for (const wave of waves) {
    const left = limit - working.length - waiting.length;
    if (left > 0) waiting.push(...(await tx.query<typeof waiting>(plannedSql, [rolloutId, wave, after, left])));
  }
  const page = { working, waiting: waiting.map(({ device }) => device) };
  const found = working.length + waiting.length;
  if (found > 0) return { ...page, after: found < limit ? -1 : (waiting.at(-1)?.position ?? after) };
  // Nobody behind it, or somebody of whom nothing is expected: the whole rollout is looked at.
  return { working: await devicesOf(tx, anyStoppableSql, [rolloutId, limit]), waiting: [], after: -1 };
}

const isStoppable = (states: string): string => `reason IS DISTINCT FROM 'refused-to-stop' AND state IN ${states}`;
const workingStates = `('unconfirmed', 'offered', 'retrieved', 'downloading', 'downloaded', 'installing')`;
const stoppableStates = `('planned', 'unconfirmed', 'offered', 'retrieved', 'downloading', 'downloaded', 'installing')`;

const workingSql = `SELECT device FROM assignment WHERE rollout_id = $1 AND due_at <= 'infinity' AND ${isStoppable(workingStates)}
  ORDER BY due_at, device LIMIT $2`;
const plannedSql = `SELECT device, "position" FROM assignment
  WHERE rollout_id = $1 AND wave = $2 AND state = 'planned' AND "position" > $3 ORDER BY "position" LIMIT $4`;
const anyStoppableSql = `SELECT device FROM assignment WHERE rollout_id = $1 AND ${isStoppable(stoppableStates)}
  ORDER BY device LIMIT $2`;

async function devicesOf(tx: EntityManager, sql: string, parameters: readonly unknown[]): Promise<string[]> {
  return (await tx.query<{ device: string }[]>(sql, [...parameters])).map(({ device }) => device);
}
