import { execFile, execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseAllDocuments, stringify } from 'yaml';
import type { Manifest } from '../src/manifest.js';

export const k8s = fileURLToPath(new URL('../../../k8s/', import.meta.url));

/** Why nothing can be rendered here; undefined: it can. */
export const cannotRender = reason();

function reason(): string | undefined {
  try {
    execFileSync('kubectl', ['kustomize', '--help'], { stdio: 'ignore', timeout: 10_000 });
    return undefined;
  } catch {
    return 'kubectl with kustomize is not on the path';
  }
}

/** What `kubectl kustomize` makes of a folder. @throws with kustomize's own words */
export async function render(folder: string): Promise<Manifest[]> {
  const options = { timeout: 20_000, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)('kubectl', ['kustomize', folder], options);
  return parseAllDocuments(stdout, { prettyErrors: false }).map((document) => document.toJS() as Manifest);
}

/** Renders a kustomization that stands nowhere: paths as seen from `k8s/`. */
export async function renderOf(kustomization: {
  readonly resources: readonly string[];
  readonly components?: readonly string[];
  readonly configMapGenerator?: readonly object[];
}): Promise<Manifest[]> {
  const results = join(k8s, '..', '.results');
  await mkdir(results, { recursive: true });
  const folder = await mkdtemp(join(results, 'kustomization-'));
  try {
    const fromThere = (path: string): string => relative(folder, join(k8s, path));
    const { resources, components = [], configMapGenerator = [] } = kustomization;
    const content = {
      ...{ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', configMapGenerator },
      ...{ resources: resources.map(fromThere), components: components.map(fromThere) },
    };
    await writeFile(join(folder, 'kustomization.yaml'), stringify(content));
    return await render(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
