import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { provisionServiceDatabase } from '@myelin/persistence';
import { Client } from 'pg';
import type { Bench, Lab } from '../harness/bench.js';
import { BenchmarksError } from '../harness/benchmarks.errors.js';
import type { Contestant } from '../harness/rounds.js';
import { pairedRatio } from '../harness/statistics.js';

const schema = 'telemetry';
const run = promisify(execFile);

/**
 * T20: what housekeeping calls to drop a day that is over, beside DELETE of as many rows of another such day. Nobody has
 * read that day for long: its files are on the disk and not in memory. What DELETE leaves behind for VACUUM is not counted.
 */
export const retentionBench: Bench = {
  name: 'retention',
  summary: 'dropping a day of measurements, against DELETE of the same rows',
  goals: ['T20'],
  rounds: 1,
  warmUps: 0,
  options: { rows: { type: 'string', default: '1000000' } },
  async run(lab) {
    const rows = Number(lab.options['rows']);
    const database = await openDatabase(lab);
    const [cpuNs, wallMs] = [new Map<string, number[]>(), new Map<string, number[]>()];
    const contestant = (name: string, anchor: boolean, daysOver: number, statement: string): Contestant => ({
      ...{ name, anchor },
      processes: () => ({ postgres: database.backend }),
      prepare: () => database.fillOverDay(daysOver, rows),
      run: async () => {
        const [cpuBefore, startMs] = [await cpuTimeNs(database.backend), performance.now()];
        await database.app.query(statement);
        const took = performance.now() - startMs;
        noted(wallMs, name).push(took);
        noted(cpuNs, name).push((await cpuTimeNs(database.backend)) - cpuBefore);
        return { messages: rows, lost: 0, wallMs: took };
      },
      verify: async (outcome) => {
        await database.assertGone(daysOver);
        return outcome;
      },
    });
    // Class `short` is kept for seven days beside the one of measuring: both days are over.
    await lab.interleave([
      contestant('delete', true, 9, `DELETE FROM measurement WHERE class = 0 AND ${dayRange(9)}`),
      contestant('drop', false, 10, 'SELECT drop_over_partitions(1)'),
    ]);
    return [
      { id: 'T20', value: pairedRatio(noted(cpuNs, 'delete'), noted(cpuNs, 'drop')), unit: 'ratio' },
      { id: 'retention.wall', value: pairedRatio(noted(wallMs, 'delete'), noted(wallMs, 'drop')), unit: 'ratio' },
    ];
  },
};

interface Database {
  /** The application role's: it drops by the owner's function, as the service does. */
  readonly app: Client;
  /** Process of that session. */
  readonly backend: number;
  fillOverDay(daysAgo: number, rows: number): Promise<void>;
  assertGone(daysAgo: number): Promise<void>;
}

const dayOf = (daysAgo: number): string => `((now() AT TIME ZONE 'UTC')::date - ${daysAgo})`;
const dayRange = (daysAgo: number): string =>
  `ts >= ${dayOf(daysAgo)}::timestamp AT TIME ZONE 'UTC' AND ts < ${dayOf(daysAgo - 1)}::timestamp AT TIME ZONE 'UTC'`;

async function openDatabase(lab: Lab): Promise<Database> {
  const stack = await lab.servers.stack({ parts: ['postgres'] });
  const adminUrl = stack.env['DATABASE_URL'] ?? '';
  const password = (): string => randomBytes(18).toString('base64url');
  const { ownerUrl, appUrl } = await provisionServiceDatabase({
    ...{ adminUrl, service: schema, ownerPassword: password(), appPassword: password() },
  });
  const program = fileURLToPath(new URL('../../../../apps/telemetry/dist/migrate.js', import.meta.url));
  const env = { PATH: process.env['PATH'] ?? '', DATABASE_OWNER_URL: ownerUrl, DATABASE_SCHEMA: schema };
  await run(process.execPath, [program], { env });
  const [admin, app] = await Promise.all([connected(lab, adminUrl), connected(lab, appUrl)]);
  const { rows } = await app.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return {
    app,
    backend: rows[0]?.pid ?? 0,
    fillOverDay: (daysAgo, count) => fillOverDay(admin, daysAgo, count),
    assertGone: async (daysAgo) => {
      const left = await app.query(`SELECT FROM measurement WHERE class = 0 AND ${dayRange(daysAgo)} LIMIT 1`);
      if (left.rowCount !== 0) throw BenchmarksError.permanent('benchmarks.run-failed', 'the day is still there');
    },
  };
}

async function connected(lab: Lab, connectionString: string): Promise<Client> {
  const client = new Client({ connectionString, options: `-c search_path=${schema}` });
  await client.connect();
  lab.defer(() => client.end());
  return client;
}

/** Only a superuser makes the partition of a day that is over; six metrics, devices one after another as writers mix them. */
async function fillOverDay(admin: Client, daysAgo: number, rows: number): Promise<void> {
  await admin.query(`DO $body$
    DECLARE
      day date := ${dayOf(daysAgo)};
      leaf text := 'measurement_short_' || to_char(day, 'YYYYMMDD');
    BEGIN
      EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF measurement_short FOR VALUES FROM (%L) TO (%L)', leaf,
        day::text || ' 00:00+00', (day + 1)::text || ' 00:00+00');
      EXECUTE format('ALTER TABLE %I OWNER TO ${schema}_owner', leaf);
    END $body$`);
  await admin.query(
    `INSERT INTO measurement (device_index, ts, received_at, seq, fingerprint, class, boot, "values")
     SELECT n % 1000, at, at, n, gen_random_uuid(), 0, 'boot', jsonb_build_object('battery', 3.9, 'door', n % 300 < 5,
       'humidity', 45 + n % 17, 'pressure', 1013.2, 'temperature', 21 + n % 31 / 10.0, 'vibration', n % 1000 / 1000.0)
     FROM generate_series(0, $1::integer - 1) n
     CROSS JOIN LATERAL (SELECT (${dayOf(daysAgo)}::timestamp AT TIME ZONE 'UTC') + n * (interval '23 hours' / $1) AS at) t`,
    [rows],
  );
  await admin.query('CHECKPOINT');
  await forgetPages(admin, daysAgo);
}

/** Drops the day's files from the page cache, as weeks do: what was written a moment ago is all there. */
async function forgetPages(admin: Client, daysAgo: number): Promise<void> {
  const { rows } = await admin.query<{ path: string }>(`
    SELECT current_setting('data_directory') || '/' || pg_relation_filepath(oid) AS path FROM pg_class,
      to_regclass('measurement_short_' || to_char(${dayOf(daysAgo)}, 'YYYYMMDD')) AS leaf
    WHERE oid IN (leaf, reltoastrelid) OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = leaf)`);
  for (const { path } of rows) {
    const [folder, name] = [dirname(path), basename(path)];
    const files = (await readdir(folder)).filter((file) => file === name || file.startsWith(`${name}.`));
    for (const file of files) await run('dd', [`if=${join(folder, file)}`, 'iflag=nocache', 'count=0']);
  }
}

function noted(all: Map<string, number[]>, name: string): number[] {
  const values = all.get(name) ?? [];
  all.set(name, values);
  return values;
}

/** A backend is one thread; its scheduler statistics count nanoseconds, where `stat` counts hundredths of a second. */
async function cpuTimeNs(pid: number): Promise<number> {
  return Number((await readFile(`/proc/${pid}/schedstat`, 'utf8')).split(' ')[0]);
}
