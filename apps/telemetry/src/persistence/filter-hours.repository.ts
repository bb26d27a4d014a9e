import type { PoolClient } from 'pg';
import type { LastKept } from '../domain/filters.js';
import type { HourMark } from '../domain/hour-marks.js';

/** A device, and how far its hours are decided. */
export interface FilteredDevice {
  readonly deviceIndex: number;
  readonly tenant: string;
  /** Of its latest report. */
  readonly profile: string | null;
  /** Its earlier hours are decided. */
  readonly decidedBefore: number;
  readonly lastKept: ReadonlyMap<string, LastKept>;
  /**
   * Everything of its partition that was received until then is stored, apart from what gateways are slow to write. Not
   * ahead of the database's clock: of a gateway whose clock is, nobody else is to suffer.
   */
  readonly receivedUntilMs: number | undefined;
}

export async function filteredDevices(client: PoolClient, indexes: readonly number[]): Promise<FilteredDevice[]> {
  const { rows } = await client.query<{
    index: string;
    tenant: string;
    profile: string | null;
    decided_before: number;
    last_kept: Record<string, [tsMs: number, kind: string]>;
    received_until_ms: string | null;
  }>(
    `SELECT d.index, d.tenant, d.profile, coalesce(state.decided_before, 0) AS decided_before,
       coalesce(state.last_kept, '{}') AS last_kept,
       (SELECT extract(epoch FROM least(max(p.received_until), now())) * 1000 FROM position p
        WHERE p.partition = d.partition) AS received_until_ms
     FROM device d LEFT JOIN filter_state state ON state.device_index = d.index
     WHERE d.index = ANY($1::bigint[]) ORDER BY d.index`,
    [indexes],
  );
  return rows.map(({ index, tenant, profile, decided_before, last_kept, received_until_ms }) => ({
    ...{ deviceIndex: Number(index), tenant, profile, decidedBefore: decided_before },
    lastKept: new Map(Object.entries(last_kept).map(([metric, [tsMs, kind]]) => [metric, { tsMs, kind }])),
    receivedUntilMs: received_until_ms === null ? undefined : Number(received_until_ms),
  }));
}

/** An hour that waits for its decision until its partition is stored up to `dueMs`. */
export interface NotedHour extends HourMark {
  readonly dueMs: number;
}

/** Hours that are noted already stay as they are. */
export async function noteHours(client: PoolClient, hours: readonly NotedHour[]): Promise<void> {
  await client.query(
    `INSERT INTO hour_to_filter (device_index, hour, due)
     SELECT device_index, hour, 'epoch'::timestamptz + due_ms * interval '1 ms'
     FROM unnest($1::bigint[], $2::integer[], $3::bigint[]) AS noted (device_index, hour, due_ms)
     ON CONFLICT DO NOTHING`,
    [hours.map((one) => one.deviceIndex), hours.map((one) => one.hour), hours.map((one) => one.dueMs)],
  );
}

/** The hours due longest; a partition that is behind holds up its own devices alone. */
export const dueDevicesSql = `
  SELECT DISTINCT device_index FROM (
    SELECT noted.device_index FROM hour_to_filter noted JOIN device d ON d.index = noted.device_index
    WHERE noted.due <= (SELECT least(max(received_until), now()) FROM position)
      AND EXISTS (SELECT FROM position p WHERE p.partition = d.partition AND p.received_until >= noted.due)
    ORDER BY noted.due LIMIT $1) AS due`;

/** Devices of which hours are due, at most `most`. */
export async function dueDevices(client: PoolClient, most: number): Promise<number[]> {
  const { rows } = await client.query<{ device_index: string }>(dueDevicesSql, [most]);
  return rows.map((row) => Number(row.device_index));
}

/** Which hours of a device may be decided: from `fromHour` on before `toHour`; if only marked, from `notableHour` on. */
export interface DecidableHours {
  readonly deviceIndex: number;
  readonly fromHour: number;
  readonly notableHour: number;
  readonly toHour: number;
}

/**
 * All hours among those of which something may be stored: the noted ones, and those that wait for being rolled up, as after
 * an outage. Every row of an hour in between is late. In order of UTC day, device and hour.
 */
export const undecidedHoursSql = `
  SELECT found.device_index, found.hour
  FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::integer[])
    AS asked (device_index, from_hour, notable_hour, to_hour)
  CROSS JOIN LATERAL (
    SELECT noted.device_index, noted.hour FROM hour_to_filter noted
    WHERE noted.device_index = asked.device_index AND noted.hour >= asked.from_hour AND noted.hour < asked.to_hour
    UNION
    SELECT mark.device_index, mark.hour FROM rollup_mark mark
    WHERE mark.device_index = asked.device_index AND mark.hour >= greatest(asked.from_hour, asked.notable_hour)
      AND mark.hour < asked.to_hour
  ) AS found
  ORDER BY found.hour / 24, found.device_index, found.hour`;

export async function undecidedHours(client: PoolClient, asked: readonly DecidableHours[]): Promise<HourMark[]> {
  const { rows } = await client.query<{ device_index: string; hour: number }>(undecidedHoursSql, [
    asked.map((one) => one.deviceIndex),
    asked.map((one) => one.fromHour),
    asked.map((one) => one.notableHour),
    asked.map((one) => one.toHour),
  ]);
  return rows.map(({ device_index, hour }) => ({ deviceIndex: Number(device_index), hour }));
}

/** What a device's decisions leave behind. */
export interface FilterState {
  readonly deviceIndex: number;
  readonly decidedBefore: number;
  readonly lastKept: ReadonlyMap<string, LastKept>;
  /** By which its later hours are due from now on. */
  readonly waitMs: number;
}

/** Remembers how far devices are decided, and takes away what they had noted of it. */
export async function advanceFilterStates(client: PoolClient, states: readonly FilterState[]): Promise<void> {
  const indexes = states.map((one) => one.deviceIndex);
  const before = states.map((one) => one.decidedBefore);
  const lastKept = states.map(({ lastKept: last }) =>
    JSON.stringify(Object.fromEntries([...last].map(([metric, { tsMs, kind }]) => [metric, [tsMs, kind]]))),
  );
  await client.query(
    `INSERT INTO filter_state AS state (device_index, decided_before, last_kept)
     SELECT * FROM unnest($1::bigint[], $2::integer[], $3::jsonb[])
     ON CONFLICT (device_index) DO UPDATE SET decided_before = EXCLUDED.decided_before, last_kept = EXCLUDED.last_kept`,
    [indexes, before, lastKept],
  );
  await client.query(
    `DELETE FROM hour_to_filter noted USING unnest($1::bigint[], $2::integer[]) AS decided (device_index, before_hour)
     WHERE noted.device_index = decided.device_index AND noted.hour < decided.before_hour`,
    [indexes, before],
  );
  await client.query(
    `UPDATE hour_to_filter noted SET due = waiting.due
     FROM (SELECT noted.device_index, noted.hour,
         'epoch'::timestamptz + (noted.hour + 1) * interval '1 hour' + decided.wait_ms * interval '1 ms' AS due
       FROM unnest($1::bigint[], $2::bigint[]) AS decided (device_index, wait_ms)
       JOIN hour_to_filter noted ON noted.device_index = decided.device_index) AS waiting
     WHERE noted.device_index = waiting.device_index AND noted.hour = waiting.hour AND noted.due <> waiting.due`,
    [indexes, states.map((one) => one.waitMs)],
  );
}

/** For devices whose profile has no filters (any more): what they noted stays whole. */
export async function forgetHours(client: PoolClient, indexes: readonly number[]): Promise<void> {
  await client.query('DELETE FROM hour_to_filter WHERE device_index = ANY($1::bigint[])', [indexes]);
}
