import type { Clock } from '@myelin/kernel';
import type { ClaimedDelivery, TryOutcome } from '../../domain/notifying/delivery.js';
import type { WebhookReceiver } from '../../domain/notifying/receivers.js';
import type { SigningKeys } from '../../notifications/signing-keys.js';
import type { AddressGuard } from './address-guard.js';
import { outcomeOfAnswer, outcomeOfError } from './answer-outcome.js';
import { guardedPost } from './guarded-request.js';
import { signatureHeaders } from './signature.js';
import { webhookBody } from './webhook-body.js';

export interface WebhookSettings {
  readonly guard: AddressGuard;
  readonly signingKeys: SigningKeys;
  /** Where operators look at alarms; in every body. */
  readonly externalUrl: string;
  readonly clock: Clock;
}

export async function sendWebhook(
  settings: WebhookSettings,
  receiver: WebhookReceiver,
  { id, tenant, notification }: ClaimedDelivery,
): Promise<TryOutcome> {
  const key = settings.signingKeys.of(tenant, receiver.signingKeyRef);
  // Configuration may still come; unsigned it must not go.
  if (key === undefined) return { kind: 'failed', error: 'its signing key is not configured' };
  const body = JSON.stringify(webhookBody(notification, receiver.maxAlerts, settings.externalUrl));
  const headers = {
    ...{ 'content-type': 'application/json', 'user-agent': 'myelin-alerting' },
    ...signatureHeaders(key, id, settings.clock.nowMs(), body),
  };
  try {
    const answer = await guardedPost(settings.guard, {
      url: receiver.url,
      headers,
      body,
      timeoutMs: receiver.timeoutMs,
    });
    return outcomeOfAnswer(answer, settings.clock.nowMs());
  } catch (error) {
    return outcomeOfError(error);
  }
}
