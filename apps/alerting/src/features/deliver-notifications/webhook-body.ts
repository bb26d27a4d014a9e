import { type Labels, commonTo, fingerprintOf } from '../../domain/notifying/labels.js';
import type { Notification, NotifiedAlert } from '../../domain/notifying/notification.js';

/** Alertmanager's body of version 4, so that what receives its webhooks receives ours. */
export interface WebhookBody {
  readonly version: '4';
  readonly groupKey: string;
  readonly truncatedAlerts: number;
  readonly status: 'firing' | 'resolved';
  readonly receiver: string;
  readonly notification_reason: string;
  readonly groupLabels: Labels;
  readonly commonLabels: Labels;
  readonly commonAnnotations: Labels;
  readonly externalURL: string;
  readonly alerts: readonly WebhookAlert[];
}

export interface WebhookAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Labels;
  readonly annotations: Labels;
  /** RFC 3339. */
  readonly startsAt: string;
  /** RFC 3339; the zero time while it fires. */
  readonly endsAt: string;
  readonly generatorURL: string;
  /** 16 hex digits. */
  readonly fingerprint: string;
}

/** Go's zero time: Alertmanager's word for "no end is known". */
const zeroTime = '0001-01-01T00:00:00Z';

/** @param maxAlerts 0 = all */
export function webhookBody(notification: Notification, maxAlerts: number, externalUrl: string): WebhookBody {
  const { alerts: all, groupKey, groupLabels, receiver, reason, status } = notification;
  const alerts = maxAlerts === 0 ? all : all.slice(0, maxAlerts);
  return {
    version: '4',
    ...{ groupKey, truncatedAlerts: notification.truncatedAlerts + all.length - alerts.length },
    ...{ status, receiver, notification_reason: reason, groupLabels },
    commonLabels: commonTo(alerts.map(({ labels }) => labels)),
    commonAnnotations: commonTo(alerts.map(({ annotations }) => annotations)),
    externalURL: externalUrl,
    alerts: alerts.map(webhookAlert),
  };
}

function webhookAlert({
  status,
  labels,
  annotations,
  startsAtMs,
  endsAtMs,
  generatorUrl,
}: NotifiedAlert): WebhookAlert {
  return {
    ...{ status, labels, annotations, startsAt: new Date(startsAtMs).toISOString() },
    endsAt: endsAtMs === null ? zeroTime : new Date(endsAtMs).toISOString(),
    ...{ generatorURL: generatorUrl, fingerprint: fingerprintOf(labels) },
  };
}
