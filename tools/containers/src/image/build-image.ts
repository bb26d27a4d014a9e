import { readFileSync } from 'node:fs';
import { mkdir, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NpmAccess } from '../machine/npm-access.js';
import type { Podman } from '../machine/podman.js';
import { runProgram } from '../machine/run-program.js';
import { checkPackages, checkPaths, checkSbom, fileWith, packagesIn, pathsIn, type Sbom } from './file-facts.js';
import { type Checked, checkImage, type InspectedImage } from './image-facts.js';
import { imageName, type ImagePlan } from './plan.js';
import { type LockFile, productionPackages } from './production-packages.js';

const buildTimeoutMs = 20 * 60_000;

export interface BuildOptions {
  readonly podman: Podman;
  readonly npm: NpmAccess;
  readonly workspace: string;
  readonly revision: string;
  /** Where SBOMs are copied to. */
  readonly sbomFolder: string;
}

/** @throws ContainersError containers.command-failed with the end of what the build said */
export async function buildImage(
  { app }: ImagePlan,
  { podman, npm, workspace, revision }: BuildOptions,
): Promise<void> {
  // Health commands are not in the OCI format. The registry may be reachable from this machine's own network only.
  const how = ['--format=docker', '--network=host', '--pull=never', '--file', join(workspace, 'deploy/Dockerfile')];
  const label = `org.opencontainers.image.revision=${revision}`;
  const what = ['--target', app, '--tag', imageName(app), '--label', label, ...npm.secrets];
  // An image that comes from podman's cache as a whole would keep the label of the build before.
  if (await podman.has(imageName(app))) await podman.run(['rmi', '--force', imageName(app)]);
  await podman.run(['build', ...how, ...what, workspace], { timeoutMs: buildTimeoutMs });
}

/** Looks into a built image. @returns its checks, and its size in bytes */
export async function examineImage(
  plan: ImagePlan,
  { podman, npm, workspace, revision, sbomFolder }: BuildOptions,
): Promise<{ readonly checked: readonly Checked[]; readonly bytes: number }> {
  const name = imageName(plan.app);
  const image = (await podman.inspect('image', name)) as InspectedImage;
  const root = (await podman.run(['image', 'mount', name])).stdout.trim();
  try {
    const paths = pathsIn(root);
    const installed = packagesIn(root);
    const document = join(root, 'app/sbom.cdx.json');
    const sbom = JSON.parse(readFileSync(document, 'utf8')) as Sbom;
    const lock = JSON.parse(readFileSync(join(workspace, 'package-lock.json'), 'utf8')) as LockFile;
    const checked = [
      ...checkImage(image, plan, revision),
      checkPaths(paths),
      checkPackages(installed, productionPackages(lock, `apps/${plan.app}`)),
      ...checkSbom(sbom, plan.app, installed),
      registryCheck(root, paths, image, npm.privateHost),
    ];
    await mkdir(sbomFolder, { recursive: true });
    await copyFile(document, join(sbomFolder, `${plan.app}.cdx.json`));
    return { checked, bytes: image.Size };
  } finally {
    await podman.run(['image', 'unmount', name]);
  }
}

/** The public registry's name is in what packages say of themselves; there, only where npm would note it is looked at. */
function registryCheck(
  root: string,
  paths: readonly string[],
  image: InspectedImage,
  host: string | undefined,
): Checked {
  const told = JSON.stringify([image.Config, image.History]);
  const inSettings = told.includes(host ?? 'registry.npmjs.org') || /_auth|npm_config_registry/i.test(told);
  const found = inSettings ? 'its settings' : host === undefined ? undefined : fileWith(root, paths, host);
  return ["no layer names the machine's package registry", found === undefined ? undefined : `${found} does`];
}

/** The commit of the workspace; `-dirty` behind it when something is not committed, `unknown` without git. */
export async function revisionOf(workspace: string): Promise<string> {
  const git = async (...words: string[]): Promise<string> =>
    (await runProgram('git', ['-C', workspace, ...words], { timeoutMs: 10_000 })).stdout.trim();
  try {
    return `${await git('rev-parse', 'HEAD')}${(await git('status', '--porcelain')) === '' ? '' : '-dirty'}`;
  } catch {
    return 'unknown';
  }
}
