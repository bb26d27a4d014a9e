import type { Context } from '@opentelemetry/api';
import { occurrenceId } from '../domain/alarms/occurrence-id.js';
import type { AlarmChange } from '../domain/alarms/alarm.js';
import type { DeviceTransition } from '../domain/evaluation/transition.js';
import { type AlarmCause, linkedOnly } from './alarm-spans.js';

/** What evaluation found, and the record that decided, if that is traced. */
export interface CausedTransition extends DeviceTransition {
  readonly cause?: Context | undefined;
}

/** Finds what led to a change of the alarms of one tenant. What no traced record decided is linked to its batch. */
export function causesOf(
  tenant: string,
  transitions: readonly CausedTransition[],
): (change: AlarmChange) => AlarmCause {
  const causes = new Map<string, Context>();
  for (const { cause, key, kind, rule, version, startMs } of transitions) {
    if (cause === undefined) continue;
    const id = occurrenceId({ tenant, rule, version, device: key.slice(tenant.length + 1), startMs });
    causes.set(`${id} ${kind === 'cleared' ? 'clear' : 'raise'}`, cause);
  }
  return ({ alarm, entry }) => ({ parent: causes.get(`${alarm.id} ${entry.kind}`), ...linkedOnly() });
}
