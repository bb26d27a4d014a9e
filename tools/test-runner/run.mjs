/**
 * All tests: `node tools/test-runner/run.mjs [project ...] [-- jest arguments]`.
 *
 * Builds through nx, starts Kafka and PostgreSQL (containers with MYELIN_TEST_STACK=containers; none where KAFKA_BROKERS
 * and DATABASE_URL name servers), runs each project's tests, and counts what jest left in `.results`, where nx restores
 * the outcomes of projects that did not change. Stops what it started, also on Ctrl-C.
 */
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createRunner } from './child.mjs';
import { projectsOf, selection } from './projects.mjs';
import { secondRuns, withSecondRun } from './second-run.mjs';
import { reportLines, summarise } from './summary.mjs';

const workspace = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
/** `.ci/run` names here what failed before the tests, so that the closing line counts it. */
const failedBefore = (process.env.MYELIN_FAILED_BEFORE ?? '').split(',').filter((phase) => phase !== '');
const nx = ['node_modules/nx/dist/bin/nx.js'];
const runner = createRunner(workspace);

const usage = `Builds, starts Kafka and PostgreSQL, and runs the tests.

  npm test -- [<project> ...] [-- <jest arguments>]     all projects without one

  npm test -- apps/telemetry
  npm test -- apps/telemetry -- query-api -t 'RFC 3339'

The last line is \`N passed, N failed\`. The projects:`;

let stack;
process.exitCode = await main(process.argv.slice(2))
  .catch((error) => {
    // An error with a code says in its message what to do; of any other the place matters.
    if (!error.code) console.error(error);
    return closing(summarise([], [...failedBefore, error.message]));
  })
  .finally(() => stack?.stop());

async function main(given) {
  if (['--help', '-h'].includes(given[0])) {
    console.log([usage, ...projectsOf(workspace).map(({ path }) => `  ${path}`)].join('\n'));
    return 0;
  }
  const { projects, jestArguments } = selection(given, projectsOf(workspace), workspace);
  const names = projects.map((project) => project.name).join(',');
  const built = [...projects.filter((project) => project.isBuilt).map((project) => project.name), '@myelin/testing'];
  const build = await runner.run([...nx, 'run-many', '-t', 'build', '-p', built.join(',')], {});
  if (build !== 0) return closing(summarise([], [...failedBefore, 'the build: see its output above']));
  for (const { name } of projects) rmSync(outcomeFile(name), { force: true });
  const env = await startStack();
  if (!runner.interrupted) await runTests(names, projects, jestArguments, env);
  const first = projects.map(({ name }) => ({ name, outcome: readOutcome(name) }));
  const outcomes = jestArguments.length > 0 ? first : await withSecondRuns(projects, first, env);
  return runner.interrupted ? 130 : closing(summarise(outcomes, failedBefore));
}

async function withSecondRuns(projects, outcomes, env) {
  const merged = new Map(outcomes.map(({ name, outcome }) => [name, outcome]));
  for (const { name, file } of secondRuns(outcomes)) {
    console.log(`\n${file} failed; it runs once more, alone …`);
    const { path } = projects.find((project) => project.name === name);
    const words = ['tools/test-runner/run-project.mjs', path, '--runTestsByPath', file];
    await runner.run(words, { ...env, MYELIN_TEST_WORKERS: '1', MYELIN_TEST_OUTCOME: `${name}.again` });
    merged.set(name, withSecondRun(merged.get(name), file, readOutcome(`${name}.again`)));
  }
  return outcomes.map(({ name }) => ({ name, outcome: merged.get(name) }));
}

async function startStack() {
  console.log('starting Kafka and PostgreSQL …');
  const entry = join(workspace, 'libs/testing/dist/index.js');
  const { startTestStack } = await import(pathToFileURL(entry).href);
  stack = await startTestStack({ log: console.log });
  return stack.env;
}

/** Two projects at a time with one worker each fill two cores; a project alone gets both workers. */
function runTests(names, projects, jestArguments, env) {
  const alone = projects.length === 1;
  const words = ['run-many', '-t', 'test', '-p', names, '--parallel', alone ? '1' : '2', '--output-style=stream'];
  return runner.run([...nx, ...words, ...(jestArguments.length > 0 ? ['--', ...jestArguments] : [])], {
    ...env,
    MYELIN_TEST_WORKERS: alone ? '2' : '1',
  });
}

function outcomeFile(name) {
  return join(workspace, '.results', `${name}.json`);
}

function readOutcome(name) {
  try {
    return JSON.parse(readFileSync(outcomeFile(name), 'utf8'));
  } catch {
    return undefined;
  }
}

function closing(summary) {
  console.log(`\n${reportLines(summary, workspace).join('\n')}`);
  return summary.failed === 0 ? 0 : 1;
}
