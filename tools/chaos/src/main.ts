import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError, describeError } from '@myelin/kernel';
import { abortOnSignals } from '@myelin/main-job';
import { type ChaosOptions, type RunOptions, parseChaosOptions, usage } from './chaos-options.js';
import { ChaosSystem } from './chaos-system.js';
import { type FaultReport, runScenario } from './fault-run.js';
import type { Scenario } from './scenario.js';
import { runSoak } from './soak/soak.js';
import { verdictLine } from './verdict.js';
import { volumeBytesFor } from './volume.js';

const reportsPerSecond = 5;

type Outcome = FaultReport | { readonly scenario: string; readonly skipped: string };

async function main(): Promise<number> {
  const options: ChaosOptions = parseChaosOptions(process.argv.slice(2));
  if (options.kind === 'list') {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const signal = abortOnSignals(say);
  if (options.kind === 'soak') return runSoak(options, say, print, signal);
  const outcomes: Outcome[] = [];
  for (const scenario of options.scenarios) {
    const outcome = await runAlone(scenario, options, signal);
    outcomes.push(outcome);
    const line = 'skipped' in outcome ? `SKIPPED ${outcome.scenario}: ${outcome.skipped}` : verdictLine(outcome);
    if (options.json) say(line);
    else print(line);
  }
  const proven = outcomes.every((outcome) => 'skipped' in outcome || outcome.proven);
  if (options.json) print(JSON.stringify({ proven, runs: outcomes }));
  return proven ? 0 : 1;
}

/** On a system of its own. */
async function runAlone(scenario: Scenario, options: RunOptions, signal: AbortSignal): Promise<Outcome> {
  const volume = volumeBytesFor(scenario);
  if (typeof volume === 'string') return { scenario: scenario.name, skipped: volume };
  const chaos = await ChaosSystem.start({
    ...{ kafkaNodes: scenario.kafkaNodes, signal, volumeBytes: volume },
    alertingInstances: scenario.needsAlerting === true ? 2 : 0,
    firmwareInstances: scenario.needsFirmware === true ? 2 : 0,
    progress: (line) => say(`  ${line}`),
  });
  try {
    const report = await runScenario(chaos, scenario, {
      ...{ devices: options.devices, intervalMs: 1_000 / reportsPerSecond, seed: options.seed, say, signal },
      forMs: options.forMs ?? scenario.defaultForMs,
    });
    return report;
  } finally {
    if (options.logs !== undefined)
      cpSync(chaos.system.logFolder, join(options.logs, scenario.name), { recursive: true });
    await chaos.stop();
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    say(error instanceof CodedError && error.cause === undefined ? error.message : describeError(error));
    process.exit(exitCodeOf(error));
  },
);

function exitCodeOf(error: unknown): number {
  if (!(error instanceof CodedError)) return 1;
  const code: string = String(error.code);
  if (code.endsWith('.interrupted')) return 130;
  return code === 'chaos.usage' ? 2 : 1;
}
