/**
 * Runs the tests of one project: `node tools/test-runner/run-project.mjs <projectRoot> [jest arguments]`.
 * The outcome is left as JSON in `.results/<project>.json`, where the closing count is taken from.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nestedProjects } from './projects.mjs';

const workspace = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const project = resolve(workspace, process.argv[2] ?? '.');
const { name } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
const outcome = join(workspace, '.results', `${name}.json`);
mkdirSync(dirname(outcome), { recursive: true });
rmSync(outcome, { force: true });

const workers = process.env.MYELIN_TEST_WORKERS;
// jest takes everything behind this option for another pattern, up to the next option.
const ignored = ['/node_modules/', '/dist/', '/fixtures/', ...nestedProjects(project)];
const { status } = spawnSync(
  process.execPath,
  [
    ...['--experimental-vm-modules', '--no-warnings=ExperimentalWarning'],
    join(workspace, 'node_modules/jest/bin/jest.js'),
    ...['--config', join(workspace, 'jest.config.mjs'), '--rootDir', project],
    ...['--testPathIgnorePatterns', ...ignored],
    ...['--json', '--outputFile', outcome, '--passWithNoTests'],
    ...(workers ? ['--maxWorkers', workers] : []),
    ...process.argv.slice(3),
  ],
  { cwd: workspace, stdio: ['inherit', 'ignore', 'inherit'] },
);
// jest writes nothing when there is no test; a missing outcome shall always mean that it crashed.
if (status === 0 && !existsSync(outcome)) writeFileSync(outcome, JSON.stringify({ testResults: [] }));
process.exit(status ?? 1);
