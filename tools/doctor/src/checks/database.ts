import { withClient } from '../database/with-client.js';
import type { Check } from '../examine.js';
import { type Finding, error, info, ok, warning } from '../finding.js';
import { placeOf, reasonOf } from '../without-secrets.js';
import { clockFinding } from './clock-skew.js';

/** PostgreSQL 18 is what Myelin is tested with; uuidv7() is of that release. */
const oldestMajor = 18;
const fullShare = 0.9;

/** Whether the database lets in, of which release it is, how many connections are left, and its clock. */
export const database: Check = async ({ config, now }) => {
  const { databaseUrl } = config;
  if (databaseUrl === undefined) {
    return [info('database', 'DATABASE_URL is not set: no database is looked at', 'npm run stack -- up')];
  }
  const place = placeOf(databaseUrl);
  try {
    return await withClient(databaseUrl, async (client) => {
      const askedMs = now();
      const { rows } = await client.query<{ ms: string }>(
        `SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint::text AS ms`,
      );
      const clock = { askedMs, theirsMs: Number(rows[0]?.ms), answeredMs: now(), resolutionMs: 1 };
      const state = await client.query<{ version: string; used: number; most: number }>(
        `SELECT current_setting('server_version') AS version, current_setting('max_connections')::int AS most,
          (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS used`,
      );
      const { version = '0', used = 0, most = 1 } = state.rows[0] ?? {};
      return [
        versionFinding(place, version),
        connectionsFinding(used, most),
        clockFinding('database.clock', `the database at ${place}`, clock),
      ];
    });
  } catch (thrown) {
    const remedy =
      'start the database, or correct DATABASE_URL (address, role, password); npm run stack -- up starts one and prints it';
    return [error('database', `the database at ${place} does not let in: ${reasonOf(thrown)}`, remedy)];
  }
};

function versionFinding(place: string, version: string): Finding {
  const major = Number.parseInt(version, 10);
  if (major >= oldestMajor) return ok('database', `PostgreSQL ${version} at ${place} lets in`);
  return error(
    'database',
    `PostgreSQL ${version} at ${place} is older than ${oldestMajor}`,
    `bring it to ${oldestMajor} or newer`,
  );
}

function connectionsFinding(used: number, most: number): Finding {
  const detail = `${used} of ${most} connections are taken`;
  if (used < most * fullShare) return ok('database.connections', detail);
  return warning('database.connections', detail, 'raise max_connections, or lower the pools of the services');
}
