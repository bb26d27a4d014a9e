import {
  contextOfTraceparent,
  httpAttributes,
  myelinAttributes,
  spans,
  startCausedSpan,
  tracer,
} from '@myelin/observability';
import { ROOT_CONTEXT, SpanStatusCode, context, trace } from '@opentelemetry/api';
import type { ClaimedDelivery, TryOutcome } from '../../domain/notifying/delivery.js';

const tracing = tracer('@myelin/alerting');

/**
 * One try, as a span of its own. The first try of what is told for the first time goes on in the trace of the alarm; what is
 * repeated, and what is tried again, begins a trace that links it.
 * @param kind of the receiver
 */
export async function inNotifySpan(
  delivery: ClaimedDelivery,
  kind: string,
  work: () => Promise<TryOutcome>,
): Promise<TryOutcome> {
  const { tenant, tries, notification, traceparent } = delivery;
  const cause = contextOfTraceparent(traceparent);
  const isLater = tries > 1 || notification.reason === 'repeat interval elapsed';
  const span = startCausedSpan(tracing, spans.notify, {
    value: kind,
    attributes: {
      [myelinAttributes.tenant]: tenant,
      [myelinAttributes.alarm]: notification.alerts[0]?.generatorUrl.slice(-36) ?? '',
      [myelinAttributes.receiver]: notification.receiver,
      [myelinAttributes.notificationTry]: tries,
    },
    ...(isLater ? { link: cause } : { parent: cause }),
  });
  try {
    const outcome = await context.with(trace.setSpan(ROOT_CONTEXT, span), work);
    if (outcome.kind !== 'delivered') {
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.setAttribute(httpAttributes.errorType, errorTypeOf(outcome.error));
    }
    return outcome;
  } finally {
    span.end();
  }
}

/** Of the try that is under way. */
export function noteStatus(status: number): void {
  trace.getActiveSpan()?.setAttribute(httpAttributes.statusCode, status);
}

/** The status, or the code of the error: of few values. The words behind it are in the ledger. */
function errorTypeOf(error: string): string {
  return /^(?:status (\d{3})$|([a-z]+(?:[.-][a-z]+)*):)/.exec(error)?.slice(1).find(Boolean) ?? '_OTHER';
}
