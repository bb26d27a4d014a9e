import { type SpanDeclaration, myelinAttributes, spans, startCausedSpan, tracer } from '@myelin/observability';
import { type Context, ROOT_CONTEXT, type Span, context, trace } from '@opentelemetry/api';
import type { AlarmChange, AlarmEntry } from '../domain/alarms/alarm.js';

/** What led to a change: a request or a record that it goes on from, or what it is only linked to. */
export interface AlarmCause {
  readonly parent?: Context | undefined;
  readonly link?: Context | undefined;
}

/** Whatever is active now has its own trace, of many records or of none. */
export const linkedOnly = (): AlarmCause => ({ link: context.active() });

/** The request that is answered now. */
export const ofRequest = (): AlarmCause => ({ parent: context.active() });

const tracing = tracer('@myelin/alerting');
const open = new WeakMap<AlarmChange, Span>();

/** Begins the span of a change. It is never written when the change is not committed: see {@link endAlarmSpans}. */
export function startAlarmSpan(tenant: string, change: AlarmChange, cause: AlarmCause): Context {
  const { alarm, entry } = change;
  const span = startCausedSpan(tracing, declarationOf(entry), {
    attributes: {
      [myelinAttributes.tenant]: tenant,
      [myelinAttributes.device]: alarm.storm?.device ?? alarm.device,
      [myelinAttributes.rule]: alarm.rule,
      [myelinAttributes.alarm]: alarm.id,
      [myelinAttributes.severity]: alarm.severity,
      [myelinAttributes.alarmChange]: entry.kind,
    },
    ...cause,
  });
  open.set(change, span);
  return trace.setSpan(ROOT_CONTEXT, span);
}

/** To be called when the changes are committed. */
export function endAlarmSpans(changes: readonly AlarmChange[]): void {
  for (const change of changes) {
    open.get(change)?.end();
    open.delete(change);
  }
}

function declarationOf({ kind }: AlarmEntry): SpanDeclaration {
  if (kind === 'raise') return spans.raiseAlarm;
  return kind === 'clear' ? spans.clearAlarm : spans.changeAlarm;
}
