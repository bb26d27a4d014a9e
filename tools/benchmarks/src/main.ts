import process from 'node:process';
import { CodedError, describeError } from '@myelin/kernel';
import { benches } from './benches.js';
import { helpText, parseArguments } from './command-line.js';
import { describeReport, runBench } from './harness/run-bench.js';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(): Promise<number> {
  const parsed = parseArguments(process.argv.slice(2), benches);
  if (parsed === undefined) {
    process.stdout.write(helpText(benches));
    return 0;
  }
  const { bench, rounds, values, profileFolder, json } = parsed;
  const { lost, ...report } = await runBench(bench, { rounds, values, profileFolder, say, onCleanUp: endOnSignals });
  process.stdout.write(`${describeReport({ ...report, lost }).join('\n')}\n`);
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  return lost === 0 ? 0 : 1;
}

/** What was started ends with this process; who insists ends it at once, and the guardians of the servers the rest. */
function endOnSignals(cleanUp: () => Promise<void>): void {
  let asked = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (asked) process.exit(130);
      asked = true;
      say('stopping');
      void cleanUp().finally(() => process.exit(130));
    });
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const usage = error instanceof CodedError && error.code === 'benchmarks.usage';
    say(usage ? `${error.message}\nnpm run bench lists what there is` : describeError(error));
    process.exit(usage ? 2 : 1);
  },
);
