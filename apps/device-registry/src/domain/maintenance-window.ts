/** When devices are worked on: from `from` until before `until`. */
export interface WindowPeriod {
  readonly from: Date;
  readonly until: Date;
}

export const windowStates = ['upcoming', 'running', 'over'] as const;
export type WindowState = (typeof windowStates)[number];

const dayMs = 86_400_000;

export const windowLimits = {
  /** That are not over. */
  perTenant: 1_000,
  /** With those that are over and kept: everyone who follows windows holds them too. */
  storedPerTenant: 2_000,
  longestDays: 31,
  reasonLength: 512,
  /** How long one that is over can still be read. */
  keptDays: 7,
  keptMs: 7 * dayMs,
} as const;

export function windowStateAt({ from, until }: WindowPeriod, nowMs: number): WindowState {
  if (nowMs >= until.getTime()) return 'over';
  return nowMs < from.getTime() ? 'upcoming' : 'running';
}

/** Says what is wrong with `until` of a window that is made or changed now, or undefined. It may have begun already. */
export function faultInUntil({ from, until }: WindowPeriod, nowMs: number): string | undefined {
  if (until.getTime() <= from.getTime()) return 'must be after from';
  if (until.getTime() <= nowMs) return 'must be in the future';
  const { longestDays } = windowLimits;
  const isShort = until.getTime() - from.getTime() <= longestDays * dayMs;
  return isShort ? undefined : `must be at most ${longestDays} days after from`;
}

/** Why a window cannot be changed to begin at `from`; undefined when it can. What has happened stays as it was. */
export function obstacleToChange(window: WindowPeriod, from: Date, nowMs: number): 'over' | 'begun' | undefined {
  const state = windowStateAt(window, nowMs);
  if (state === 'over') return 'over';
  return state === 'running' && from.getTime() !== window.from.getTime() ? 'begun' : undefined;
}
