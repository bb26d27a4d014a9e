import type { Alarm } from '../alarms/alarm.js';
import { type Alert, alertLimits } from './alert.js';
import { type Labels, labelLimits, labelName } from './labels.js';

/** Of JavaScript's dates. */
const latestInstantMs = 8.64e15;

/** What is known of an alarm beside itself. */
export interface AlarmContext {
  readonly tenant: string;
  /** Grows with every change of the alarms of its rule and device. */
  readonly revision: number;
  /** When the condition of a flapping rule and device has been steady for long enough; null = it does not flap. */
  readonly settlesAtMs: number | null;
  /** The trace of what changed it; null = what is to be told of it goes on in the trace of before. */
  readonly traceparent?: string | null;
  /** Where the alarm is looked at. */
  readonly url: string;
}

/**
 * An alarm as its receivers see it. Alarms of one rule and device that follow each other with the same labels are one
 * alert, that fires again.
 */
export function alertOfAlarm(alarm: Alarm, context: AlarmContext, nowMs: number): Alert {
  const { tenant, revision, settlesAtMs, traceparent = null, url } = context;
  // Event time, but not ahead of ours: an alert that ends before it begins is refused by others.
  const startsAtMs = Math.min(alarm.startedAtMs, alarm.raiseNoticedAtMs, nowMs);
  return {
    labels: labelsOf(alarm, tenant),
    ...{ annotations: shortened(alarm.annotations), startsAtMs, generatorUrl: url, revision },
    endsAtMs: endOf(alarm, startsAtMs, settlesAtMs, nowMs),
    ...mutedUntil(alarm),
    ...(alarm.acknowledged === undefined ? {} : { isAcknowledged: true }),
    ...(traceparent === null ? {} : { traceparent }),
  };
}

/** What belongs to a storm is told by the alarm of that. */
function mutedUntil({ shelvedUntilMs, inhibitedBy }: Alarm): { mutedUntilMs?: number } {
  if (inhibitedBy !== undefined) return { mutedUntilMs: latestInstantMs };
  return shelvedUntilMs === undefined ? {} : { mutedUntilMs: shelvedUntilMs };
}

/** A condition that flaps counts as one that lasts until it is steady. Who clears by hand says that it is over. */
function endOf(alarm: Alarm, startsAtMs: number, settlesAtMs: number | null, nowMs: number): number | null {
  if (alarm.condition === 'active') return null;
  if (alarm.clearReason === 'condition' && settlesAtMs !== null && settlesAtMs > nowMs) return settlesAtMs;
  const { clearedAtMs = nowMs, clearNoticedAtMs = nowMs } = alarm;
  return Math.max(startsAtMs, Math.min(clearedAtMs, clearNoticedAtMs, nowMs));
}

/** The alarm's own go before the rule's, and these before the device's, which are left out where there are too many. */
function labelsOf(alarm: Alarm, tenant: string): Labels {
  const { rule, device, profile, site, severity, storm, labels, deviceLabels } = alarm;
  const own = {
    ...{ alertname: rule, tenant, rule, severity },
    // That of a storm is of many devices.
    ...(storm === undefined ? { device } : { storm: storm.by }),
    ...(profile === undefined ? {} : { profile }),
    ...(site === undefined ? {} : { site }),
  };
  const chosen: Record<string, string> = { ...labels, ...own };
  let room = labelLimits.count - Object.keys(chosen).length;
  for (const [name, value] of Object.entries(deviceLabels).sort(byName)) {
    if (room === 0) break;
    if (Object.hasOwn(chosen, name) || !labelName.test(name) || value === '') continue;
    chosen[name] = value;
    room -= 1;
  }
  return chosen;
}

/** Templates may make longer texts than receivers are told. */
function shortened(texts: Labels): Labels {
  const { annotationLength } = alertLimits;
  const short = (text: string): string =>
    text.length <= annotationLength ? text : `${text.slice(0, annotationLength - 1)}…`.toWellFormed();
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, short(text)]));
}

function byName([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : 1;
}
