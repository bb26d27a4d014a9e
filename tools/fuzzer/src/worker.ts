import { setImmediate as turn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { examine } from './examine.js';
import { inputs } from './inputs.js';
import { SharedInput } from './shared-input.js';
import type { Finding, WorkerData, WorkerReport } from './supervise.js';

/** Examines until the time is over, and tells what came of it. */
const { seed, forMs, memory } = workerData as WorkerData;
const shared = new SharedInput(memory);
const outcomes = new Map<string, number>();
const findings: Finding[] = [];
const maxFindings = 20;
const end = Date.now() + forMs;
/** zlib lets go of its buffers in the next turn of the event loop, as between two requests of an edge. */
const inputsPerTurn = 100;

for (const input of inputs(seed)) {
  shared.set(input);
  const { outcome, broken } = examine(input);
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  if (broken !== undefined) findings.push({ broken, input });
  if (shared.count % inputsPerTurn === 0) await turn();
  if (findings.length >= maxFindings || Date.now() >= end) break;
}
parentPort?.postMessage({ outcomes, findings } satisfies WorkerReport);
