import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import type { Bench } from './harness/bench.js';
import { BenchmarksError } from './harness/benchmarks.errors.js';
import { goals } from './harness/goals.js';

export interface Arguments {
  readonly bench: Bench;
  readonly json: boolean;
  readonly rounds: number | undefined;
  readonly profileFolder: string | undefined;
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
}

const ownOptions = {
  json: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  profile: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const satisfies ParseArgsOptionsConfig;

/** Undefined: show the help. @throws BenchmarksError benchmarks.usage */
export function parseArguments(args: readonly string[], benches: readonly Bench[]): Arguments | undefined {
  const [name] = args;
  if (name === undefined || name === '--help') return undefined;
  const bench = benches.find((candidate) => candidate.name === name);
  if (bench === undefined) {
    const names = benches.map((candidate) => candidate.name).join(', ');
    throw BenchmarksError.permanent('benchmarks.usage', `there is no bench "${name}"; there are ${names}`);
  }
  const values = parse(args.slice(1), bench);
  if (values['help'] === true) return undefined;
  const rounds = values['rounds'] === undefined ? undefined : Number(values['rounds']);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= 1)) {
    throw BenchmarksError.permanent('benchmarks.usage', '--rounds takes a whole number from 1');
  }
  const profile = values['profile'];
  const profileFolder = typeof profile === 'string' ? profile : undefined;
  return { bench, json: values['json'] === true, rounds, profileFolder, values };
}

function parse(args: readonly string[], bench: Bench): Record<string, string | boolean | undefined> {
  try {
    const { values } = parseArgs({ args: [...args], options: { ...bench.options, ...ownOptions }, strict: true });
    return values as Record<string, string | boolean | undefined>;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw BenchmarksError.permanent('benchmarks.usage', message, { cause });
  }
}

export function helpText(benches: readonly Bench[]): string {
  const line = (name: string, text: string): string => `  ${name.padEnd(16)} ${text}`;
  const options = benches.flatMap(({ name, options: own = {} }) =>
    Object.entries(own).map(([option, { default: value }]) =>
      line(name, `--${option}${value === undefined ? '' : ` (${String(value)})`}`),
    ),
  );
  const goalLines = benches.flatMap(({ name, goals: ids = [] }) =>
    ids.map((id) => {
      const { path, direction, ship, unit } = goals[id];
      return line(name, `${id} ${path}: ${direction === 'at-least' ? '>=' : '<='} ${ship} ${unit}`);
    }),
  );
  return `Measures Myelin beside its anchors.

  npm run bench -- <name> [options]

  --json           the last line of the output is one JSON object
  --rounds <n>     interleaved rounds instead of the bench's own number
  --profile <dir>  the services write their CPU profiles there

Benches:
${benches.map(({ name, summary }) => line(name, summary)).join('\n')}

Their own options:
${options.join('\n')}

Goals that they are held against:
${goalLines.join('\n')}
`;
}
