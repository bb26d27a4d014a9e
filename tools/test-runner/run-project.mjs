/**
 * Runs the tests of one project: `node tools/test-runner/run-project.mjs <projectRoot> [jest arguments]`.
 * The outcome is left as JSON in `.results/<project>.json`, where the closing count is taken from (a second run has another name).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, watchFile, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nestedProjects } from './projects.mjs';

const workspace = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const project = resolve(workspace, process.argv[2] ?? '.');
const { name } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
const outcome = join(workspace, '.results', `${process.env.MYELIN_TEST_OUTCOME ?? name}.json`);
const exitGraceMs = 20_000;
mkdirSync(dirname(outcome), { recursive: true });
rmSync(outcome, { force: true });

const workers = process.env.MYELIN_TEST_WORKERS;
// jest takes everything behind this option for another pattern, up to the next option.
const ignored = ['/node_modules/', '/dist/', '/fixtures/', ...nestedProjects(project)];
const jest = spawn(
  process.execPath,
  [
    ...['--experimental-vm-modules', '--no-warnings=ExperimentalWarning'],
    join(workspace, 'node_modules/jest/bin/jest.js'),
    ...['--config', join(workspace, 'jest.config.mjs'), '--rootDir', project],
    ...['--testPathIgnorePatterns', ...ignored],
    // Behind the patterns, so that a plain argument of the caller is not taken for one of them.
    ...['--json', '--outputFile', outcome, '--passWithNoTests'],
    ...(workers ? ['--maxWorkers', workers] : []),
    ...process.argv.slice(3),
  ],
  { cwd: workspace, stdio: ['inherit', 'ignore', 'inherit'] },
);
// The outcome is complete when it is there: whoever left a timer or a socket open shall not hold up the others.
watchFile(outcome, { interval: 500, persistent: false }, ({ mtimeMs }) => {
  if (mtimeMs === 0) return; // told once of a file that is not there yet
  setTimeout(() => {
    process.stderr.write(
      `${name}: its tests are done, but something they opened keeps the process alive; it is ended\n`,
    );
    jest.kill('SIGKILL');
  }, exitGraceMs).unref();
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => jest.kill(signal));
const [status] = await once(jest, 'close');
// jest writes nothing when there is no test; a missing outcome shall always mean that it crashed.
if (status === 0 && !existsSync(outcome)) writeFileSync(outcome, JSON.stringify({ testResults: [] }));
process.exit(status ?? (succeeded() ? 0 : 1));

function succeeded() {
  return existsSync(outcome) && JSON.parse(readFileSync(outcome, 'utf8')).success === true;
}
