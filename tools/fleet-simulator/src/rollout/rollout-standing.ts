/** How a rollout ends, or has not yet. `rolledBack` is for services that take firmware back by themselves; none does today. */
export type ShownRolloutState = 'running' | 'succeeded' | 'paused' | 'aborted' | 'rolledBack';

/** How a rollout stands, as the service shows it. */
export interface RolloutStanding {
  readonly state: ShownRolloutState;
  /** The one that is under way, or the last that was; from 1 on, 0 before the first. */
  readonly wave: number;
  readonly waves: number;
  readonly updated: number;
  /** They said so, or said nothing in time. */
  readonly failed: number;
}

/** What of a rollout's view counts here. */
export interface RolloutView {
  readonly state: string;
  readonly progress: readonly {
    readonly state: string;
    readonly counts: readonly { readonly state: string; readonly reason?: string; readonly devices: number }[];
  }[];
}

const shownStates: Readonly<Record<string, ShownRolloutState>> = {
  ...{ succeeded: 'succeeded', paused: 'paused', aborted: 'aborted', 'rolled-back': 'rolledBack' },
};

/** What is not over and not paused is running: a draft, what waits, and what is about to be aborted as well. */
export function standingOf({ state, progress }: RolloutView): RolloutStanding {
  const counts = progress.flatMap((wave) => wave.counts);
  const sum = (isCounted: (count: (typeof counts)[0]) => boolean): number =>
    counts.filter(isCounted).reduce((total, { devices }) => total + devices, 0);
  return {
    state: shownStates[state] ?? 'running',
    wave: progress.findLastIndex((wave) => wave.state !== 'pending') + 1,
    waves: progress.length,
    updated: sum((count) => count.state === 'succeeded'),
    failed: sum((count) => count.state === 'failed' || (count.state === 'cancelled' && count.reason === 'device')),
  };
}
