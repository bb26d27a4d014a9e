/**
 * The closing count, from what jest left for each project.
 * @param {{ name: string, outcome?: object }[]} outcomes without `outcome`, the project crashed
 * @param {string[]} failedBefore what went wrong before any test ran, one line each
 */
export function summarise(outcomes, failedBefore = []) {
  const projects = outcomes.map(({ name, outcome }) => projectSummary(name, outcome));
  const sum = (count) => projects.reduce((total, project) => total + project[count], 0);
  return {
    projects,
    failedBefore,
    passed: sum('passed'),
    failed: sum('failed') + failedBefore.length,
    skipped: sum('skipped'),
  };
}

function projectSummary(name, outcome) {
  if (!outcome) {
    const failure = { file: name, test: '', message: 'The suite ended without a result: see its output above.' };
    return { name, passed: 0, failed: 1, skipped: 0, failures: [failure], unstable: [], skips: [], durationMs: 0 };
  }
  const files = outcome.testResults;
  const tests = testsOf(files);
  const failures = failuresOf(files);
  const skips = tests.filter((test) => ['pending', 'todo', 'skipped', 'disabled'].includes(test.status));
  return {
    name,
    passed: tests.filter((test) => test.status === 'passed').length,
    failed: failures.length,
    skipped: skips.length,
    failures,
    unstable: failuresOf(outcome.unstable ?? []),
    skips: skips.map((test) => ({ file: test.file, test: test.fullName })),
    durationMs: files.reduce((total, file) => total + (file.endTime - file.startTime), 0),
  };
}

function testsOf(files) {
  return files.flatMap((file) => file.assertionResults.map((test) => ({ ...test, file: file.name })));
}

function failuresOf(files) {
  const broken = files.filter((file) => file.status === 'failed' && !file.assertionResults.some(hasFailed));
  return [
    ...testsOf(files)
      .filter(hasFailed)
      .map((test) => ({ ...test, test: test.fullName, message: test.failureMessages.join('\n') })),
    ...broken.map((file) => ({ file: file.name, test: '', message: file.message })),
  ];
}

function hasFailed(test) {
  return test.status === 'failed';
}

/** The report as lines; the last one is `N passed, N failed`, with `, N skipped` behind it when there are any. */
export function reportLines({ projects, failedBefore, passed, failed, skipped }, workspace) {
  const short = (file) => file.replace(`${workspace}/`, '');
  return [
    ...projects.map(projectLine),
    ...projects
      .flatMap((project) => project.skips)
      .flatMap(({ file, test }) => ['', `SKIPPED ${short(file)}`, `  ${test}`]),
    ...projects
      .flatMap((project) => project.unstable)
      .flatMap((failure) => failureLines('UNSTABLE (failed, then passed alone)', short, failure)),
    ...projects.flatMap((project) => project.failures).flatMap((failure) => failureLines('FAILED', short, failure)),
    ...failedBefore.map((what) => `FAILED ${what}`),
    '',
    `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
  ];
}

function failureLines(word, short, { file, test, message }) {
  return ['', `${word} ${short(file)}`, ...(test ? [`  ${test}`] : []), indent(message)];
}

function projectLine({ name, passed, failed, skipped, durationMs }) {
  const counts = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  return `${name.padEnd(32)} ${counts.padEnd(34)} ${(durationMs / 1_000).toFixed(1)} s`;
}

function indent(text) {
  return text.replace(/^/gm, '    ');
}
