import { setTimeout as delay } from 'node:timers/promises';
import { type RolloutScenario, type RolloutStanding, rolloutScenarios, SimulatorError } from '@myelin/fleet-simulator';

/** What of firmware is shown; `none` is no rollout at all. */
export type Scenario = RolloutScenario | 'none';
export const scenarios: readonly Scenario[] = [...rolloutScenarios, 'none'];

/** @throws SimulatorError simulator.options-invalid */
export function scenarioOf(text: unknown): Scenario {
  const scenario = scenarios.find((known) => known === text);
  if (scenario !== undefined) return scenario;
  throw SimulatorError.permanent('simulator.options-invalid', `--scenario takes ${scenarios.join(', ')}`);
}

/** What is looked at, and how often. */
export interface WatchedRollout {
  rolloutStanding(): Promise<RolloutStanding | undefined>;
  /** By then every device has asked once more. */
  readonly rolloutPollMs: number;
}

const lookMs = 500;
const lingerMs = 1_000;

/**
 * Waits until the rollout is paused, and so long more that whoever should not have seen its firmware could have.
 * @returns why it is given up; undefined when it is paused
 */
export async function untilPaused(
  fleet: WatchedRollout,
  patienceMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const end = Date.now() + patienceMs;
  const standing = (): Promise<RolloutStanding | undefined> => fleet.rolloutStanding().catch(() => undefined);
  let last = await standing();
  while (last?.state !== 'paused' && !signal.aborted) {
    if (Date.now() >= end) {
      const seen = last === undefined ? 'there is none, or nobody answers' : `it is ${last.state}`;
      return `the rollout has not paused within ${patienceMs / 1_000} s: ${seen}`;
    }
    await delay(lookMs, undefined, { signal }).catch(() => undefined);
    last = (await standing()) ?? last;
  }
  await delay(fleet.rolloutPollMs + lingerMs, undefined, { signal }).catch(() => undefined);
  return undefined;
}
