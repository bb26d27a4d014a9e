/**
 * Compiles one project: `node tools/build/build.mjs <projectRoot>` turns `src` into `dist` with SWC.
 * Types are checked separately, for the whole workspace at once.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const workspace = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const project = resolve(workspace, process.argv[2] ?? '.');

if (!existsSync(join(project, 'package.json'))) {
  console.error(`${project} is not a project`);
  process.exit(1);
}
if (!existsSync(join(project, 'src'))) process.exit(0); // a suite has tests only
rmSync(join(project, 'dist'), { recursive: true, force: true });
const { status } = spawnSync(
  process.execPath,
  [
    join(workspace, 'node_modules/@swc/cli/bin/swc.js'),
    ...['src', '--out-dir', 'dist', '--strip-leading-paths', '--quiet'],
    ...['--config-file', join(workspace, '.swcrc')],
    ...['--ignore', '**/*.spec.ts', '--ignore', '**/*.it.ts'],
  ],
  { cwd: project, stdio: 'inherit' },
);
process.exit(status ?? 1);
