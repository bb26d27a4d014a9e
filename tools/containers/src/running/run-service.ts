import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '@myelin/local-stack';
import { ContainersError } from '../containers.errors.js';
import type { Checked } from '../image/image-facts.js';
import { imageName, type ImagePlan } from '../image/plan.js';
import type { Podman } from '../machine/podman.js';
import { checkProcess } from './process-facts.js';

/** Everything that a cluster would demand, too. Temporary folders are not writable either. */
const hardened = [
  ...['--network=host', '--read-only', '--read-only-tmpfs=false', '--cap-drop=all', '--pull=never'],
  ...['--security-opt=no-new-privileges', '--memory=512m', '--pids-limit=200'],
];
const memoryMiB = 512;
const readyTimeoutMs = 90_000;
const graceMs = 30_000;
/** Where the only service that writes keeps its artifacts, unless the configuration says otherwise. */
const folders: Readonly<Record<string, string>> = { 'firmware-rollout': '/var/lib/myelin/artifacts' };

export interface RunOptions {
  readonly podman: Podman;
  /** That nobody else can read. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Migrates, starts, asks, and ends a service in its image. @throws ContainersError when it cannot be started at all */
export async function runService({ app, hasMigrations }: ImagePlan, options: RunOptions): Promise<Checked[]> {
  const { podman, folder, signal } = options;
  const [httpPort = 0, adminPort = 0] = await freePorts(2);
  const own = { HTTP_HOST: '127.0.0.1', HTTP_PORT: String(httpPort), ADMIN_PORT: String(adminPort) };
  const { DATABASE_OWNER_URL: owner, ...env } = options.env;
  const envFile = await environmentFile(join(folder, `${app}.env`), { ...env, ...own });
  const words = hardened;
  const checked: Checked[] = [];

  if (hasMigrations) {
    const ownerFile = await environmentFile(join(folder, `${app}-owner.env`), {
      ...env,
      DATABASE_OWNER_URL: owner ?? '',
    });
    const migrate = [
      'run',
      '--rm',
      ...words,
      '--env-file',
      ownerFile,
      '--entrypoint',
      'node',
      imageName(app),
      'dist/migrate.js',
    ];
    await podman.run(migrate);
    checked.push(['its migrations run from the same image', undefined]);
  }
  const alone = [
    'run',
    '--rm',
    ...words,
    '--env-file',
    envFile,
    '--entrypoint',
    'node',
    imageName(app),
    '/app/health.mjs',
  ];
  const without = await podman.run(alone, { codes: [0, 1] });
  checked.push(['its health command fails where no service answers', without.code === 1 ? undefined : without.stdout]);

  const writable = folders[app] === undefined ? [] : ['--mount', `type=volume,destination=${folders[app]}`];
  const start = ['run', '--detach', ...words, ...writable, '--env-file', envFile, imageName(app)];
  const id = (await podman.run(start)).stdout.trim();
  await becomesReady(podman, id, `http://127.0.0.1:${httpPort}/health/ready`, signal);
  checked.push(['it becomes ready on a real Kafka and a real PostgreSQL', undefined]);

  const pid = await pidOf(podman, id);
  const read = (name: string): Promise<string> => readFile(`/proc/${pid}/${name}`, 'utf8');
  const commandLine = (await read('cmdline')).split('\0');
  checked.push(...checkProcess({ status: await read('status'), mountinfo: await read('mountinfo'), commandLine }));
  const healthy = await podman.run(['healthcheck', 'run', id], { codes: [0, 1] });
  checked.push(['its health command says that it is alive', healthy.code === 0 ? undefined : healthy.stdout]);
  checked.push(['nothing of it can be written', await writeProblem(podman, id)]);
  checked.push(['its heap fits the memory limit', await heapProblem(podman, id)]);
  checked.push([`SIGTERM ends it with 0 within ${graceMs / 1_000} s`, await endProblem(podman, id)]);
  return checked;
}

async function environmentFile(path: string, env: Readonly<Record<string, string>>): Promise<string> {
  const lines = Object.entries(env).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(path, lines.join(''), { mode: 0o600 });
  return path;
}

/** @throws ContainersError containers.not-ready */
async function becomesReady(podman: Podman, id: string, url: string, signal: AbortSignal): Promise<void> {
  const end = Date.now() + readyTimeoutMs;
  let last = 'no answer';
  while (Date.now() < end && (await pidOf(podman, id)) !== 0) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      if (response.ok) return;
      last = `${response.status} ${(await response.text()).slice(0, 300)}`;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await delay(200, undefined, { signal });
  }
  const { stdout, stderr } = await podman.run(['logs', '--tail', '8', id]);
  const message = `it was not ready (${last}); the end of its log:\n${stdout}${stderr}`.slice(0, 4_000);
  throw ContainersError.permanent('containers.not-ready', message);
}

/** 0 when it has ended. */
async function pidOf(podman: Podman, id: string): Promise<number> {
  const { State } = (await podman.inspect('container', id)) as { State: { Pid: number } };
  return State.Pid;
}

async function writeProblem(podman: Podman, id: string): Promise<string | undefined> {
  const places = ['/app/x', '/app/node_modules/x', '/tmp/x', '/x'];
  const program = `for (const place of ${JSON.stringify(places)}) try { fs.writeFileSync(place, ''); console.log(place) } catch {}`;
  const { stdout } = await podman.run(['exec', id, 'node', '-e', program]);
  return stdout === '' ? undefined : `can be written: ${stdout}`;
}

async function heapProblem(podman: Podman, id: string): Promise<string | undefined> {
  const { stdout } = await podman.run(['exec', id, 'node', '-p', 'v8.getHeapStatistics().heap_size_limit / 1048576']);
  const limit = Number(stdout);
  return limit > memoryMiB / 3 && limit < (memoryMiB * 3) / 4 ? undefined : `${limit} MiB of ${memoryMiB}`;
}

async function endProblem(podman: Podman, id: string): Promise<string | undefined> {
  await podman.run(['stop', '--time', String(graceMs / 1_000), id], { timeoutMs: 2 * graceMs });
  const { State } = (await podman.inspect('container', id)) as { State: { ExitCode: number } };
  return State.ExitCode === 0 ? undefined : `it ended with ${State.ExitCode}`;
}
