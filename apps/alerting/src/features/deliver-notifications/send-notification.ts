import type { ClaimedDelivery, TryOutcome } from '../../domain/notifying/delivery.js';
import type { Receiver } from '../../domain/notifying/receivers.js';
import type { SmtpSettings } from '../../notifications/smtp-settings.js';
import { sendEmail } from './send-email.js';
import { sendToAlertmanager } from './send-to-alertmanager.js';
import { type WebhookSettings, sendWebhook } from './send-webhook.js';

/** By which ways notifications leave. */
export interface Ways {
  readonly webhooks: WebhookSettings;
  /** Undefined: there is no mail server. */
  readonly smtp: SmtpSettings | undefined;
}

/** One try, by the way that the receiver is of. Each way bounds how long it takes. */
export async function sendNotification(
  { webhooks, smtp }: Ways,
  receiver: Receiver,
  delivery: ClaimedDelivery,
): Promise<TryOutcome> {
  switch (receiver.kind) {
    case 'webhook':
      return sendWebhook(webhooks, receiver, delivery);
    case 'alertmanager':
      return sendToAlertmanager(webhooks, receiver, delivery);
    case 'email':
      if (smtp === undefined) return { kind: 'failed', error: 'no mail server is configured' };
      return sendEmail(smtp, receiver, delivery);
  }
}
