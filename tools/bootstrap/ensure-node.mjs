import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isGoodNode, nodePackage, pinnedNode } from './decisions.mjs';
import { npmWords } from './machine.mjs';

/** The path of a Node that fits: the running one, else the pinned one from the cache, fetched when it is not there. */
export async function ensureNode(cache) {
  if (isGoodNode(process.versions.node)) return process.execPath;
  const name = nodePackage(process.platform, process.arch);
  const folder = join(cache, `node-${pinnedNode}`);
  const node = join(folder, 'node_modules', name, 'bin', 'node');
  if (!existsSync(node)) await fetchNode(cache, name, folder);
  return node;
}

/** Into a folder beside the final one, tried, and then renamed: nobody ever sees half a Node. */
async function fetchNode(cache, name, folder) {
  console.error(`fetching Node ${pinnedNode} (this one is ${process.versions.node}) into ${folder} …`);
  const temporary = mkdtempSync(join(cache, '.node-'));
  try {
    writeFileSync(join(temporary, 'package.json'), '{"private":true}');
    await npmInstall(temporary, `${name}@${pinnedNode}`);
    const tried = spawnSync(join(temporary, 'node_modules', name, 'bin', 'node'), ['--version'], { encoding: 'utf8' });
    if (tried.stdout?.trim() !== `v${pinnedNode}`) {
      throw new Error(`The fetched Node does not run on this machine: install Node ${pinnedNode} and run this again.`);
    }
    chmodSync(temporary, 0o755);
    moveInto(temporary, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function moveInto(temporary, folder) {
  try {
    renameSync(temporary, folder);
  } catch (error) {
    // Somebody else was faster: what lies there was tried before it was renamed.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  }
}

function npmInstall(prefix, specifier) {
  const [program, ...words] = npmWords(process.env, process.execPath);
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--loglevel=error'];
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...words, 'install', '--prefix', prefix, ...quiet, specifier], {
      cwd: prefix,
      env: withoutNpmSettings(process.env),
      stdio: ['ignore', 2, 2],
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`npm could not fetch ${specifier}: see its message above. Nothing was changed.`));
    });
  });
}

/** An outer `npm run` passes its own prefix, workspace and script settings on; they must not steer this installation. */
function withoutNpmSettings(env) {
  const steering =
    /^npm_(config_(local_prefix|prefix|workspaces?|include_workspace_root|allow_scripts)|package_|lifecycle_)/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !steering.test(name)));
}
