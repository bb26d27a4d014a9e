import { describeError } from '@myelin/kernel';
import { fuzzOptions, help } from './fuzz-options.js';
import { type FuzzReport, supervise } from './supervise.js';

const hangMs = 30_000;
const maxBytes = 768 * 1_024 * 1_024;
const shownBytes = 2_048;

async function main(): Promise<number> {
  const options = fuzzOptions(process.argv.slice(2), Math.floor(Math.random() * 2 ** 32));
  if (options === undefined) {
    process.stdout.write(help);
    return 0;
  }
  const report = await supervise(new URL('./worker.js', import.meta.url), { ...options, hangMs, maxBytes });
  print(report, options.seed);
  return report.findings.length === 0 ? 0 : 1;
}

function print({ outcomes, findings, inputs, mostBytes }: FuzzReport, seed: number): void {
  const lines = [...outcomes]
    .sort(([, a], [, b]) => b - a)
    .map(([outcome, count]) => `${String(count).padStart(10)}  ${outcome}`);
  for (const { broken, input } of findings) {
    const hex = input.bytes.subarray(0, shownBytes).toString('hex');
    lines.push(`BROKEN ${broken}`, `  ${input.mediaType}, ${input.coding}, ${input.bytes.length} bytes: ${hex}`);
  }
  const memory = `${Math.ceil(mostBytes / 2 ** 20)} MiB at most`;
  process.stdout.write(`${lines.join('\n')}\n${inputs} inputs, ${findings.length} findings, seed ${seed}, ${memory}\n`);
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${describeError(error)}\n`);
    process.exitCode = 2;
  },
);
