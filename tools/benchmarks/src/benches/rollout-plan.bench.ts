import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { provisionServiceDatabase } from '@myelin/persistence';
import { Client } from 'pg';
import type { Bench, Lab } from '../harness/bench.js';
import type { Figure } from '../harness/report.js';
import { median } from '../harness/statistics.js';
import type { SteppedOn, Took } from '../programs/rollout-planner.js';

const canary = 10;

/** A rollout over a whole tenant, from its preview to its second wave; no goals. */
export const rolloutPlanBench: Bench = {
  name: 'rollout-plan',
  summary: 'a rollout over 1,000,000 devices: preview, start, the next wave, progress, devices that all change, abort',
  rounds: 1,
  warmUps: 0,
  options: { devices: { type: 'string', default: '1000000' } },
  async run(lab) {
    const devices = Number(lab.options['devices']);
    const { url, database } = await openDatabase(lab);
    await seedDevices(database, devices);
    lab.say(`${devices} devices are known`);
    const module = new URL('../programs/rollout-planner.js', import.meta.url);
    const planner = await lab.start({ name: 'rollout-planner', module });
    await planner.ask('open', { url, canary });
    const preview = await planner.ask<Took>('preview');
    lab.say(`previewed in ${Math.round(preview.ms)} ms`);
    const start = await planner.ask<Took>('start');
    lab.say(`started in ${Math.round(start.ms)} ms`);
    const first = await planner.ask<SteppedOn>('offer', { wave: 0, devices: canary });
    await planner.ask('succeed');
    const next = await planner.ask<SteppedOn>('offer', { wave: 1, devices: canary });
    const progress: number[] = [];
    for (let nth = 0; nth < 20; nth += 1) progress.push((await planner.ask<Took>('progress')).ms);
    await database.query('UPDATE device SET version = version + 1, changed_in = DEFAULT');
    const look = await planner.ask<SteppedOn>('look');
    const abort = await planner.ask<SteppedOn>('abort');
    return figures({ preview, start, first, next, look, abort, progressMs: median(progress) });
  },
};

interface Found {
  readonly preview: Took;
  readonly start: Took;
  readonly first: SteppedOn;
  readonly next: SteppedOn;
  readonly look: SteppedOn;
  readonly abort: SteppedOn;
  readonly progressMs: number;
}

function figures({ preview, start, first, next, look, abort, progressMs }: Found): Figure[] {
  return [
    { id: 'rollout-plan.preview', value: preview.ms, unit: 'ms' },
    { id: 'rollout-plan.start', value: start.ms, unit: 'ms' },
    { id: 'rollout-plan.peakMemory', value: start.peakBytes / 1_048_576, unit: 'MiB' },
    { id: 'rollout-plan.firstOffers', value: first.ms, unit: 'ms' },
    { id: 'rollout-plan.nextWave', value: next.ms, unit: 'ms' },
    { id: 'rollout-plan.longestStep', value: Math.max(first.longestMs, next.longestMs), unit: 'ms' },
    { id: 'rollout-plan.progress', value: progressMs, unit: 'ms' },
    { id: 'rollout-plan.allChanged', value: look.ms, unit: 'ms' },
    { id: 'rollout-plan.allChanged.longestStep', value: look.longestMs, unit: 'ms' },
    { id: 'rollout-plan.abort', value: abort.ms, unit: 'ms' },
    { id: 'rollout-plan.abort.longestStep', value: abort.longestMs, unit: 'ms' },
  ];
}

/** Own PostgreSQL with the schema of the service. @returns the address for its role, and a superuser's connection */
async function openDatabase(lab: Lab): Promise<{ readonly url: string; readonly database: Client }> {
  const stack = await lab.servers.stack({ parts: ['postgres'] });
  const adminUrl = stack.env['DATABASE_URL'] ?? '';
  const passwordOf = (): string => randomBytes(18).toString('base64url');
  const passwords = { ownerPassword: passwordOf(), appPassword: passwordOf() };
  const { ownerUrl, appUrl, schema } = await provisionServiceDatabase({
    ...{ adminUrl, service: 'firmware-rollout', ...passwords },
  });
  const program = fileURLToPath(new URL('../../../../apps/firmware-rollout/dist/migrate.js', import.meta.url));
  const addresses = { DATABASE_OWNER_URL: ownerUrl, DATABASE_URL: appUrl, DATABASE_SCHEMA: schema };
  const env = { PATH: process.env['PATH'] ?? '', ...addresses };
  await promisify(execFile)(process.execPath, [program], { env });
  const database = new Client({ connectionString: `${adminUrl}?options=-csearch_path%3D${schema}` });
  await database.connect();
  lab.defer(() => database.end());
  return { url: appUrl, database };
}

/** As the registry tells of them: every tenth is no thermometer. */
async function seedDevices(database: Client, devices: number): Promise<void> {
  await database.query(
    `INSERT INTO device (tenant, device, version, lifecycle, profile, site, time_zone, labels, metadata)
     SELECT 'acme', 'device-' || nth, 1, 'active', CASE WHEN nth % 10 = 0 THEN 'camera' ELSE 'thermometer' END,
       'site-' || nth % 100, 'Europe/Berlin', jsonb_build_object('line', (nth % 16)::text, 'ring', 'stable'),
       jsonb_build_object('hardware', 'board:1.0', 'serial', md5(nth::text))
     FROM generate_series(1, $1::integer) nth`,
    [devices],
  );
  await database.query('VACUUM ANALYZE device');
}
