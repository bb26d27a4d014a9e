import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nestedProjects, selection } from './projects.mjs';
import { secondRuns, withSecondRun } from './second-run.mjs';
import { reportLines, summarise } from './summary.mjs';

const file = (name, ...tests) => ({
  name: `/w/${name}`,
  status: tests.some((test) => test.status === 'failed') ? 'failed' : 'passed',
  message: '',
  startTime: 1_000,
  endTime: 2_500,
  assertionResults: tests,
});
const passed = (fullName) => ({ status: 'passed', fullName, failureMessages: [] });
const failed = (fullName, message) => ({ status: 'failed', fullName, failureMessages: [message] });
const skipped = (fullName) => ({ status: 'pending', fullName, failureMessages: [] });
const lastLine = (summary) => reportLines(summary, '/w').at(-1);

test('--help tells how to name projects and starts nothing', () => {
  const words = [fileURLToPath(new URL('run.mjs', import.meta.url)), '--help'];
  expect(execFileSync(process.execPath, words, { encoding: 'utf8' })).toMatch(/^ {2}tools\/test-runner$/m);
});

describe('the closing count', () => {
  test('adds the projects up, and its last line is `N passed, N failed`', () => {
    const summary = summarise([
      { name: 'a', outcome: { testResults: [file('a.spec.ts', passed('one'), passed('two'))] } },
      { name: 'b', outcome: { testResults: [file('b.spec.ts', passed('three'))] } },
    ]);
    expect(lastLine(summary)).toBe('3 passed, 0 failed');
  });

  test('repeats each failure with file, test and message, and counts it', () => {
    const summary = summarise([
      { name: 'a', outcome: { testResults: [file('a.spec.ts', failed('keeps order', 'expected 1'))] } },
    ]);
    const lines = reportLines(summary, '/w');
    expect(lines.join('\n')).toContain('FAILED a.spec.ts\n  keeps order\n    expected 1');
    expect(lines.at(-1)).toBe('0 passed, 1 failed');
  });

  test('a project that crashed without a result is a failure', () => {
    const summary = summarise([{ name: 'a', outcome: undefined }]);
    expect(lastLine(summary)).toBe('0 passed, 1 failed');
    expect(reportLines(summary, '/w').join('\n')).toContain('ended without a result');
  });

  test('a file that could not even be loaded is a failure', () => {
    const broken = { ...file('a.spec.ts'), status: 'failed', message: 'Cannot find module' };
    const summary = summarise([{ name: 'a', outcome: { testResults: [broken] } }]);
    expect(lastLine(summary)).toBe('0 passed, 1 failed');
  });

  test('skipped tests are named, with the reason that their name gives, and counted apart', () => {
    const testResults = [file('a.it.ts', passed('one'), skipped('runs in a container (skipped: no container engine)'))];
    const lines = reportLines(summarise([{ name: 'a', outcome: { testResults } }]), '/w');
    expect(lines.join('\n')).toContain('SKIPPED a.it.ts\n  runs in a container (skipped: no container engine)');
    expect(lines.at(-1)).toBe('1 passed, 0 failed, 1 skipped');
  });

  test('what failed before the tests counts as failed', () => {
    expect(lastLine(summarise([], ['lint', 'types']))).toBe('0 passed, 2 failed');
  });

  test('a project without tests counts nothing', () => {
    expect(lastLine(summarise([{ name: 'a', outcome: { testResults: [] } }]))).toBe('0 passed, 0 failed');
  });
});

describe('a second run', () => {
  const outcome = (...testResults) => ({ testResults });
  const late = file('late.it.ts', passed('one'), failed('two', 'timed out'));

  test('is for the integration suites that failed', () => {
    expect(secondRuns([{ name: 'a', outcome: outcome(file('a.it.ts', passed('one')), late) }])).toEqual([
      { name: 'a', file: '/w/late.it.ts' },
    ]);
  });

  test.each([
    ['a unit test failed', [{ name: 'a', outcome: outcome(late, file('a.spec.ts', failed('x', 'no'))) }]],
    ['a project crashed', [{ name: 'a', outcome: outcome(late) }, { name: 'b' }]],
    ['four suites failed', [{ name: 'a', outcome: outcome(late, late, late, late) }]],
  ])('is for none when %s', (_, outcomes) => {
    expect(secondRuns(outcomes)).toEqual([]);
  });

  test('counts what passed in it as passed, and shows its first failure as unstable', () => {
    const again = file('late.it.ts', passed('one'), passed('two'));
    const merged = withSecondRun(outcome(late), '/w/late.it.ts', outcome(again));
    const lines = reportLines(summarise([{ name: 'a', outcome: merged }]), '/w');
    expect(lines.join('\n')).toContain('UNSTABLE (failed, then passed alone) late.it.ts\n  two\n    timed out');
    expect(lines.at(-1)).toBe('2 passed, 0 failed');
  });

  test.each([
    ['fails too', outcome(file('late.it.ts', passed('two'), failed('one', 'again')))],
    ['leaves nothing', undefined],
    ['runs no test', outcome(file('late.it.ts'))],
  ])('that %s changes nothing', (_, second) => {
    expect(lastLine(summarise([{ name: 'a', outcome: withSecondRun(outcome(late), '/w/late.it.ts', second) }]))).toBe(
      '1 passed, 1 failed',
    );
  });
});

describe('the selection', () => {
  const projects = [
    { name: '@myelin/kernel', path: 'libs/kernel' },
    { name: '@myelin/messaging', path: 'libs/messaging' },
  ];
  const select = (...given) => selection(given, projects, '/w');

  test('is everything without words', () => {
    expect(select().projects).toEqual(projects);
  });

  test.each(['libs/messaging', 'libs/messaging/', './libs/messaging', 'messaging', '@myelin/messaging'])(
    'takes %s for a project',
    (word) => {
      expect(select(word).projects.map((project) => project.path)).toEqual(['libs/messaging']);
    },
  );

  test('passes on to jest what stands behind --', () => {
    expect(select('kernel', '--', '-t', 'keeps order').jestArguments).toEqual(['-t', 'keeps order']);
  });

  test('an unknown word lists the projects', () => {
    expect(() => select('nothing')).toThrow(
      'There is no project "nothing". The projects are libs/kernel, libs/messaging.',
    );
  });
});

test('the tests of a project inside a project belong to the inner one only', () => {
  const project = mkdtempSync(join(tmpdir(), 'outer (1) '));
  try {
    for (const inner of ['integration', 'dist', 'src']) mkdirSync(join(project, inner));
    for (const inner of ['integration', 'dist']) writeFileSync(join(project, inner, 'package.json'), '{}');
    const patterns = nestedProjects(project);
    expect(patterns).toHaveLength(1);
    expect(new RegExp(patterns[0]).test(join(project, 'integration/test/loss.it.ts'))).toBe(true);
    expect(new RegExp(patterns[0]).test(join(project, 'src/integration.spec.ts'))).toBe(false);
  } finally {
    rmSync(project, { recursive: true });
  }
});
