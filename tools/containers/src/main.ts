import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CodedError, describeError } from '@myelin/kernel';
import { cacheRoot, withLock } from '@myelin/local-stack';
import { abortOnSignals } from '@myelin/main-job';
import { ContainersError } from './containers.errors.js';
import { type BuildOptions, buildImage, examineImage, revisionOf } from './image/build-image.js';
import { baseImageOf } from './image/dockerfile.js';
import { type ImagePlan, imagePlans } from './image/plan.js';
import { ensureBaseImage } from './machine/base-image.js';
import { ensurePackages } from './machine/debian-packages.js';
import { npmAccess } from './machine/npm-access.js';
import { Podman } from './machine/podman.js';
import { Report } from './report.js';
import { layFoundation } from './running/foundation.js';
import { runService } from './running/run-service.js';

const usage = `npm run verify:containers

Builds the container image of every service with podman, looks into each, and starts each on a real Kafka and a real PostgreSQL.
The last line is the sum; exit code 1 when anything failed or could not be looked at. As root on Debian; podman and what it
needs are installed where they are missing.`;

const workspace = fileURLToPath(new URL('../../..', import.meta.url));
const lockTimeoutMs = 30 * 60_000;

async function main(): Promise<number> {
  const [word] = process.argv.slice(2);
  if (word !== undefined) {
    if (word !== '--help')
      throw ContainersError.permanent('containers.options-invalid', `there is no ${word}\n\n${usage}`);
    print(usage);
    return 0;
  }
  const signal = abortOnSignals(say);
  await ensurePackages(say, signal);
  const cache = join(cacheRoot(), 'containers');
  return withLock(join(cache, '.lock'), { timeoutMs: lockTimeoutMs, progress: say }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'myelin-containers-'));
    const podman = await Podman.in(cache, signal);
    try {
      await podman.removeAll(); // of a run that was killed
      return await verify(podman, { cache, folder, signal });
    } finally {
      await podman.removeAll();
      await rm(folder, { recursive: true, force: true });
    }
  });
}

interface Place {
  readonly cache: string;
  readonly folder: string;
  readonly signal: AbortSignal;
}

async function verify(podman: Podman, place: Place): Promise<number> {
  const { cache, folder, signal } = place;
  const report = new Report(print, signal);
  const plans = imagePlans(workspace);
  const base = baseImageOf(await readFile(join(workspace, 'deploy/Dockerfile'), 'utf8'));
  const origin = await ensureBaseImage(podman, base, { cache, say, signal });
  say(`${base}: ${origin}`);
  const sbomFolder = join(cache, 'sbom');
  const revision = await revisionOf(workspace);
  const options = { podman, npm: await npmAccess(folder), workspace, revision, sbomFolder };
  const built: ImagePlan[] = [];
  for (const plan of plans) if (await build(plan, options, report)) built.push(plan);
  say(`SBOMs are in ${sbomFolder}`);
  await runAll(built, podman, place, report);
  for (const { app } of plans.filter((plan) => !built.includes(plan)))
    report.add(app, [['it runs', 'not started, because its image could not be built']]);
  signal.throwIfAborted();
  print(report.sum());
  return report.failed === 0 ? 0 : 1;
}

function build(plan: ImagePlan, options: BuildOptions, report: Report): Promise<boolean> {
  return report.part(plan.app, 'its image is built', async () => {
    say(`building ${plan.app}`);
    await buildImage(plan, options);
    const { checked, bytes } = await examineImage(plan, options);
    say(`${plan.app}: ${Math.round(bytes / 1e6)} MB with its base image`);
    return [['its image is built', undefined], ...checked];
  });
}

async function runAll(plans: readonly ImagePlan[], podman: Podman, place: Place, report: Report): Promise<void> {
  const foundation = await layFoundation(plans, say);
  try {
    for (const plan of plans) {
      say(`starting ${plan.app}`);
      const env = foundation.environments.get(plan.app) ?? {};
      await report.part(plan.app, 'it runs', () => runService(plan, { ...place, podman, env }));
      await podman.removeAll();
    }
  } finally {
    await foundation.stop();
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    say(error instanceof CodedError ? error.message : describeError(error));
    process.exit(exitCodeOf(error));
  },
);

function exitCodeOf(error: unknown): number {
  if (!(error instanceof CodedError)) return 1;
  if (error.code === 'main-job.interrupted') return 130;
  return error.code === 'containers.options-invalid' ? 2 : 1;
}
