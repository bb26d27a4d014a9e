import type { Clock } from '@myelin/kernel';
import type { ClaimedDelivery, TryOutcome } from '../../domain/notifying/delivery.js';
import type { Labels } from '../../domain/notifying/labels.js';
import type { Notification, NotifiedAlert } from '../../domain/notifying/notification.js';
import type { AlertmanagerReceiver } from '../../domain/notifying/receivers.js';
import type { AddressGuard } from './address-guard.js';
import { outcomeOfAnswer, outcomeOfError } from './answer-outcome.js';
import { guardedPost } from './guarded-request.js';

/** How many repetitions may be lost before Alertmanager takes what fires for over: as many as Prometheus allows. */
const repetitionsUntilOver = 4;

/**
 * Hands alerts to an Alertmanager. What fires gets an end that each repetition moves on, so that alerts end there by
 * themselves when we are gone; a route to such a receiver should repeat every minute or so.
 */
export async function sendToAlertmanager(
  { guard, clock }: { readonly guard: AddressGuard; readonly clock: Clock },
  receiver: AlertmanagerReceiver,
  { id, notification }: ClaimedDelivery,
): Promise<TryOutcome> {
  const url = `${receiver.url.replace(/\/+$/, '')}/api/v2/alerts`;
  const body = JSON.stringify(alertmanagerAlerts(notification, clock.nowMs()));
  const headers = { 'content-type': 'application/json', 'user-agent': 'myelin-alerting', 'idempotency-key': id };
  try {
    const answer = await guardedPost(guard, { url, headers, body, timeoutMs: receiver.timeoutMs });
    return outcomeOfAnswer(answer, clock.nowMs());
  } catch (error) {
    return outcomeOfError(error);
  }
}

export function alertmanagerAlerts({ alerts, repeatsWithinMs }: Notification, nowMs: number): object[] {
  const firingUntil = new Date(nowMs + repetitionsUntilOver * Math.max(repeatsWithinMs, 60_000)).toISOString();
  return alerts.map((alert: NotifiedAlert) => ({
    labels: withClassicNames(alert.labels),
    annotations: withClassicNames(alert.annotations),
    startsAt: new Date(alert.startsAtMs).toISOString(),
    endsAt: alert.endsAtMs === null ? firingUntil : new Date(alert.endsAtMs).toISOString(),
    ...(alert.generatorUrl === '' ? {} : { generatorURL: alert.generatorUrl }),
  }));
}

/** Alertmanagers before 0.27 know letters, digits and `_` only. */
function withClassicNames(labels: Labels): Labels {
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [name.replace(/[^A-Za-z0-9_]/g, '_'), value]),
  );
}
