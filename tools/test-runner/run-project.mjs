/**
 * Runs the tests of one project: `node tools/test-runner/run-project.mjs <projectRoot> [jest arguments]`.
 * The outcome is left as JSON in `.results/<project>.json`, where the closing count is taken from.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const workspace = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const project = resolve(workspace, process.argv[2] ?? '.');
const { name } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
const results = join(workspace, '.results');
mkdirSync(join(results, dirname(name)), { recursive: true });

const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--no-warnings=ExperimentalWarning',
    join(workspace, 'node_modules/jest/bin/jest.js'),
    ...['--config', join(workspace, 'jest.config.mjs'), '--rootDir', project],
    ...['--json', '--outputFile', join(results, `${name}.json`), '--passWithNoTests'],
    ...process.argv.slice(3),
  ],
  { cwd: workspace, stdio: ['inherit', 'ignore', 'inherit'] },
);
process.exit(status ?? 1);
