import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const longestMs = 300_000;
/** `focused`: of a suite of which a name has chosen some tests. */
const wholes = ['passed', 'focused'];

/**
 * Runs one suite of a copy of the workspace until its first failure.
 * @returns {Promise<{ outcome: 'green' | 'red' | 'unable', why: string }>} red only when a test failed: a suite that could not
 * be loaded says nothing about the promise
 */
export async function runSuite(folder, { project, file, name }, env) {
  const result = join(folder, 'mutant-result.json');
  rmSync(result, { force: true });
  const words = [
    ...['--experimental-vm-modules', '--no-warnings=ExperimentalWarning'],
    join(folder, 'node_modules/jest/bin/jest.js'),
    ...['--config', join(folder, 'jest.config.mjs'), '--rootDir', join(folder, project)],
    ...['--runTestsByPath', join(folder, project, file), '--bail', '--maxWorkers', '1', '--forceExit'],
    ...['--json', '--outputFile', result],
    ...(name === undefined ? [] : ['-t', name]),
  ];
  const child = spawn(process.execPath, words, { cwd: folder, env: { ...process.env, ...env }, stdio: 'ignore' });
  const timer = setTimeout(() => child.kill('SIGKILL'), longestMs);
  await once(child, 'close');
  clearTimeout(timer);
  if (!existsSync(result)) return { outcome: 'unable', why: `nothing came out within ${longestMs / 1_000} s` };
  return judged(JSON.parse(readFileSync(result, 'utf8')));
}

/** @param result what jest writes with --json */
export function judged({ numFailedTests, numPassedTests, testResults }) {
  const failed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .find(({ status }) => status === 'failed');
  if (failed !== undefined) return { outcome: 'red', why: failed.fullName ?? failed.title };
  if (numFailedTests === 0 && numPassedTests > 0 && testResults.every(({ status }) => wholes.includes(status))) {
    return { outcome: 'green', why: `${numPassedTests} tests passed` };
  }
  return { outcome: 'unable', why: (testResults[0]?.message ?? 'no test ran').split('\n').slice(0, 3).join(' ') };
}
