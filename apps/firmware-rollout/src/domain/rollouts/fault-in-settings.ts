import { isTimeZoneName } from '@myelin/kernel';
import type { AdvanceCondition } from './advance-conditions.js';
import type { PauseCondition } from './pause-conditions.js';
import type { RolloutSettings } from './rollout.js';
import type { Speed } from './speed.js';
import { type WeeklyWindow, minutesPerWeek } from './weekly-windows.js';

const dayMs = 86_400_000;

export const settingsLimits = {
  ...{ conditions: 16, windows: 64, perMinute: 1_000_000, maxFactor: 10, successes: 10_000_000 },
  ...{ minTimeoutMs: 10_000, maxTimeoutMs: 90 * dayMs, maxSoakMs: 90 * dayMs, maxConfidence: 0.9999 },
  judgeLength: 64,
} as const;

/** What is wrong with settings, and where. */
export interface SettingsFault {
  /** Names of members and places in arrays, from the settings inwards. */
  readonly path: readonly (string | number)[];
  readonly detail: string;
}

/** The first fault of settings whose members have the right types; undefined without any. */
export function faultInSettings(settings: RolloutSettings): SettingsFault | undefined {
  const { minTimeoutMs, maxTimeoutMs } = settingsLimits;
  return (
    within(['timeoutMs'], settings.timeoutMs, minTimeoutMs, maxTimeoutMs, true) ??
    faultInList('advance', settings.advance, faultInAdvance) ??
    faultInList('pause', settings.pause, faultInPause) ??
    below('speed', faultInSpeed(settings.speed)) ??
    below('windows', settings.windows && faultInWindows(settings.windows.weekly, settings.windows.timeZone))
  );
}

function faultInAdvance(condition: AdvanceCondition): SettingsFault | undefined {
  switch (condition.kind) {
    case 'success-share':
      return within(['atLeast'], condition.atLeast, 0, 1);
    case 'soak-time':
      return within(['ms'], condition.ms, 0, settingsLimits.maxSoakMs, true);
    case 'windows':
      return faultInWindows(condition.weekly, condition.timeZone);
    case 'judged':
      return isName(condition.by) ? undefined : { path: ['by'], detail: 'must be a text of 1 to 64 characters' };
    case 'approval':
    case 'calm-gateways':
      return undefined;
  }
}

function isName({ length }: string): boolean {
  return length >= 1 && length <= settingsLimits.judgeLength;
}

function faultInPause({ above, minimumFailures, confidence = 0.5 }: PauseCondition): SettingsFault | undefined {
  if (above >= 1) return { path: ['above'], detail: 'must be below 1' };
  return (
    within(['above'], above, 0, 1) ??
    within(['minimumFailures'], minimumFailures, 1, settingsLimits.successes, true) ??
    within(['confidence'], confidence, 0.5, settingsLimits.maxConfidence)
  );
}

function faultInSpeed(speed: Speed): SettingsFault | undefined {
  const { perMinute, successes, maxFactor } = settingsLimits;
  const fault = within(['perMinute'], speed.perMinute, 1, perMinute, true);
  if (fault !== undefined || speed.kind === 'constant') return fault;
  if (speed.factor <= 1) return { path: ['factor'], detail: 'must be above 1' };
  return (
    within(['factor'], speed.factor, 1, maxFactor) ??
    within(['everySuccesses'], speed.everySuccesses, 1, successes, true) ??
    within(['maxPerMinute'], speed.maxPerMinute, speed.perMinute, perMinute, true)
  );
}

function faultInWindows(weekly: readonly WeeklyWindow[], timeZone = 'UTC'): SettingsFault | undefined {
  if (!isTimeZoneName(timeZone)) return { path: ['timeZone'], detail: 'must be an IANA time zone' };
  const { windows } = settingsLimits;
  if (weekly.length < 1 || weekly.length > windows)
    return { path: ['weekly'], detail: `must be 1 to ${windows} windows` };
  for (const [index, window] of weekly.entries())
    for (const name of ['fromMinute', 'toMinute'] as const) {
      const fault = within(['weekly', index, name], window[name], 0, minutesPerWeek - 1, true);
      if (fault !== undefined) return fault;
    }
  return undefined;
}

function faultInList<T>(
  name: string,
  list: readonly T[],
  faultIn: (item: T) => SettingsFault | undefined,
): SettingsFault | undefined {
  const { conditions } = settingsLimits;
  if (list.length > conditions) return { path: [name], detail: `must be at most ${conditions} conditions` };
  const faults = list.map((item, index) => below(index, faultIn(item)));
  return below(
    name,
    faults.find((fault) => fault !== undefined),
  );
}

function within(
  path: SettingsFault['path'],
  value: number,
  least: number,
  most: number,
  isWhole = false,
): SettingsFault | undefined {
  if (value >= least && value <= most && (!isWhole || Number.isInteger(value))) return undefined;
  return { path, detail: `must be ${isWhole ? 'a whole number ' : ''}from ${least} to ${most}` };
}

function below(name: string | number, fault: SettingsFault | undefined): SettingsFault | undefined {
  return fault && { path: [name, ...fault.path], detail: fault.detail };
}
