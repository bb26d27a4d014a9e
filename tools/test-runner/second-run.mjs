/**
 * Integration suites that failed run once more, alone, when all others are done: on a machine that everything shares, a real broker
 * or database answers late now and then. What passes then counts as passed and is reported as UNSTABLE with its first failure in
 * full, because it is a fault, of the test or of what it tests. Unit and property tests get no second run, and more than a few
 * failures are not chance.
 */
const mostSuites = 3;

/**
 * What deserves a second run: `{ name, file }`, none when too much failed.
 * @param {{ name: string, outcome?: object }[]} outcomes
 */
export function secondRuns(outcomes) {
  const failed = outcomes.flatMap(({ name, outcome }) =>
    (outcome?.testResults ?? []).filter(hasFailed).map((result) => ({ name, file: result.name })),
  );
  const crashed = outcomes.some(({ outcome }) => outcome === undefined);
  const isChance = !crashed && failed.length <= mostSuites && failed.every(({ file }) => file.endsWith('.it.ts'));
  return isChance ? failed : [];
}

/** An outcome with the second result of a suite in the place of the first, which is kept where only the second one passed. */
export function withSecondRun(outcome, file, second) {
  const again = second?.testResults.find((result) => result.name === file);
  if (again === undefined || hasFailed(again) || again.assertionResults.length === 0) return outcome;
  const first = outcome.testResults.find((result) => result.name === file);
  return {
    ...outcome,
    testResults: outcome.testResults.map((result) => (result === first ? again : result)),
    unstable: [...(outcome.unstable ?? []), first],
  };
}

function hasFailed(result) {
  return result.status === 'failed' || result.assertionResults.some((test) => test.status === 'failed');
}
