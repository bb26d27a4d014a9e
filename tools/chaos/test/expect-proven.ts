import { expect } from '@jest/globals';
import type { ChaosSystem } from '../src/chaos-system.js';
import { runScenario } from '../src/fault-run.js';
import { scenarios } from '../src/scenarios/index.js';
import { verdictLine } from '../src/verdict.js';

/** For a test with {@link expectProven}: the longest that a run takes until it says what went wrong, and a little more. */
export const provenWithinMs = 660_000;

/** Runs a scenario for a short time with damage that differs from run to run, and expects that every promise was kept. */
export async function expectProven(
  chaos: ChaosSystem,
  name: string,
  forMs: number,
  { devices = 40 }: { readonly devices?: number } = {},
): Promise<void> {
  const scenario = scenarios.find((one) => one.name === name);
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  const seed = Date.now() % 2 ** 32;
  const said: string[] = [];
  const report = await runScenario(chaos, scenario, {
    // Other tests run beside it: that a system is back is seen all the same, how fast it is then is not asked.
    ...{ forMs, seed, devices, intervalMs: 250, shownWithinMs: 15_000, signal: new AbortController().signal },
    say: (line) => void said.push(line),
  });
  const story = `${verdictLine(report)}\nseed ${seed}\n${said.join('\n')}`;
  expect({ proven: report.proven, story: report.proven ? '' : story }).toEqual({ proven: true, story: '' });
  expect(report.fleet.accepted).toBeGreaterThan(300);
}
