import { parseArgs } from 'node:util';
import { ChaosError } from './chaos.errors.js';
import { killScenario, victims } from './scenarios/kill.js';
import { scenarios } from './scenarios/index.js';
import type { Scenario } from './scenario.js';

export interface RunOptions {
  readonly kind: 'run';
  readonly scenarios: readonly Scenario[];
  /** Undefined: each scenario's own. */
  readonly forMs: number | undefined;
  readonly devices: number;
  readonly seed: number;
  readonly json: boolean;
  /** Where the services' logs are copied to. */
  readonly logs: string | undefined;
}

export interface SoakOptions {
  readonly kind: 'soak';
  readonly forMs: number;
  /** Measurements per second. */
  readonly rate: number;
  readonly devices: number;
  readonly seed: number;
  readonly json: boolean;
}

export type ChaosOptions = RunOptions | SoakOptions | { readonly kind: 'list' };

export const usage = `Damages the whole system under load, then proves that nothing was lost or doubled.

  npm run chaos -- <scenario> [options]        also: kill <process>, kill all, all (every scenario, one after the other)
  npm run chaos -- soak [options]              watches the memory of every process under a steady load

  --for <time>      how long the damage, or the soak, goes on (each scenario's own; soak: 1h)
  --devices <n>     devices in the fleet, five reports a second each (60; soak: 200)
  --rate <n>        soak: measurements per second, ten in a report (2000)
  --seed <n>        the same seed gives the same plan of damage (1)
  --logs <folder>   copies the services' logs there
  --json            the last line of the output is one JSON object

The last line otherwise is the verdict, PROVEN or FAILED; the exit code is 0 when everything was proven.

scenarios:
${scenarios.map(({ name, summary }) => `  ${name.padEnd(22)} ${summary}`).join('\n')}`;

const optionTypes = {
  for: { type: 'string' },
  devices: { type: 'string' },
  rate: { type: 'string', default: '2000' },
  seed: { type: 'string', default: '1' },
  json: { type: 'boolean', default: false },
  logs: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** @throws ChaosError chaos.usage naming what is wrong */
export function parseChaosOptions(words: readonly string[]): ChaosOptions {
  const { values, positionals } = parsed(words);
  if (values.help || positionals.length === 0) return { kind: 'list' };
  const forMs = values.for === undefined ? undefined : durationOf(values.for);
  const shared = { seed: integerOf('seed', values.seed, 0, 4_294_967_295), json: values.json };
  const devices = (usual: number): number =>
    values.devices === undefined ? usual : integerOf('devices', values.devices, 1, 100_000);
  if (positionals.join(' ') === 'soak') {
    const rate = integerOf('rate', values.rate, 1, 100_000);
    return { kind: 'soak', forMs: forMs ?? 3_600_000, rate, devices: devices(200), ...shared };
  }
  return {
    kind: 'run',
    scenarios: scenariosOf(positionals),
    forMs,
    devices: devices(60),
    logs: values.logs,
    ...shared,
  };
}

function scenariosOf(words: readonly string[]): readonly Scenario[] {
  const [first = '', second, ...more] = words;
  if (more.length > 0 || (second !== undefined && first !== 'kill'))
    throw wrong(`${words.slice(1).join(' ')} is too much`);
  if (first === 'all') return scenarios;
  if (first === 'kill') {
    const victim = [...victims, 'all' as const].find((name) => name === (second ?? 'all'));
    if (victim === undefined) throw wrong(`kill takes one of ${victims.join(', ')}, all`);
    return [killScenario(victim)];
  }
  const found = scenarios.find(({ name }) => name === first);
  if (found === undefined) throw wrong(`there is no scenario ${first}`);
  return [found];
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: optionTypes, allowPositionals: true, strict: true });
  } catch (error) {
    throw wrong((error as Error).message);
  }
}

function integerOf(name: string, text: string, minimum: number, maximum: number): number {
  const value = Number(text);
  if (text !== '' && Number.isInteger(value) && value >= minimum && value <= maximum) return value;
  throw wrong(`--${name} takes a whole number from ${minimum} to ${maximum}`);
}

const unitsMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

function durationOf(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,5})(s|m|h)$/.exec(text) ?? [];
  const ms = Number(digits) * (unitsMs[unit] ?? 0);
  if (ms >= 1_000 && ms <= 86_400_000) return ms;
  throw wrong('--for takes a time such as 30s, 5m or 1h, at most a day');
}

function wrong(problem: string): ChaosError {
  return ChaosError.permanent('chaos.usage', `${problem}\n\n${usage}`);
}
