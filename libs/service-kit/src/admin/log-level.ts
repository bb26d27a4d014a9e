import { type LogLevel, type LogThreshold, type Logger, logLevels, logThresholdOf } from '@myelin/observability';
import { type ProblemFault, validationFailed } from '../http/problem.js';
import { adminRefusal } from './admin.errors.js';

export interface LogLevelView {
  readonly level: LogLevel;
  /** What it goes back to. */
  readonly configured: LogLevel;
  /** RFC 3339; null while the level is as configured. */
  readonly until: string | null;
}

const defaultMinutes = 10;
const maxMinutes = 240;

/** @throws Problem log-level-fixed */
export function readLogLevel(logger: Logger): LogLevelView {
  return viewOf(thresholdOf(logger));
}

/** For `minutes`, then it goes back by itself. @throws Problem validation-failed, log-level-fixed; nothing is changed then */
export function changeLogLevel(logger: Logger, body: unknown): LogLevelView {
  const threshold = thresholdOf(logger);
  const { level, minutes } = checked(body);
  const from = threshold.level;
  const tell = (): void => logger.warn({ from, to: level, minutes }, 'log level changed');
  // Whoever finds a log that has gone quiet finds why: before a level that would not let the line through.
  const wasHeard = logger.isLevelEnabled('warn');
  if (wasHeard) tell();
  threshold.change(level, minutes * 60_000);
  if (!wasHeard) tell();
  return viewOf(threshold);
}

function thresholdOf(logger: Logger): LogThreshold {
  const threshold = logThresholdOf(logger);
  if (threshold === undefined) throw adminRefusal('log-level-fixed');
  return threshold;
}

function viewOf({ level, configured, untilMs }: LogThreshold): LogLevelView {
  return { level, configured, until: untilMs === undefined ? null : new Date(untilMs).toISOString() };
}

function checked(body: unknown): { readonly level: LogLevel; readonly minutes: number } {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw validationFailed([{ pointer: '', detail: 'must be an object such as {"level":"debug","minutes":10}' }]);
  }
  const { level, minutes = defaultMinutes, ...others } = body as Readonly<Record<string, unknown>>;
  const faults: ProblemFault[] = Object.keys(others).map((name) => {
    return { pointer: `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, detail: 'is not known here' };
  });
  const isLevel = (logLevels as readonly unknown[]).includes(level);
  if (!isLevel) faults.push({ pointer: '/level', detail: `must be one of ${logLevels.join(', ')}` });
  const isDuration = Number.isInteger(minutes) && (minutes as number) >= 1 && (minutes as number) <= maxMinutes;
  if (!isDuration) faults.push({ pointer: '/minutes', detail: `must be a whole number from 1 to ${maxMinutes}` });
  if (faults.length > 0) throw validationFailed(faults);
  return { level: level as LogLevel, minutes: minutes as number };
}
