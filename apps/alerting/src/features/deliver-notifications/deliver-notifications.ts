import { describeError } from '@myelin/kernel';
import { type Logger, meter } from '@myelin/observability';
import {
  type ClaimedDelivery,
  type DeliveryLedger,
  type DeliverySchedule,
  type TryOutcome,
  afterTry,
} from '../../domain/notifying/delivery.js';
import { type Receiver, receiverLimits } from '../../domain/notifying/receivers.js';
import { type SmtpSettings, sendEmail } from './send-email.js';
import { sendToAlertmanager } from './send-to-alertmanager.js';
import { type WebhookSettings, sendWebhook } from './send-webhook.js';

export interface DeliverySettings {
  readonly ledger: DeliveryLedger;
  /** The receiver as the tenant's policy has it now; undefined = it has none of that name any more. */
  readonly receiverOf: (tenant: string, name: string) => Receiver | undefined;
  readonly webhooks: WebhookSettings;
  /** Undefined: there is no mail server. */
  readonly smtp: SmtpSettings | undefined;
  readonly schedule: DeliverySchedule;
  /** How many are on their way at once. */
  readonly maxInFlight: number;
  /** How long a try may take before its process is taken for dead. Longer than any try's own time. */
  readonly leaseMs: number;
  readonly logger: Logger;
}

/** Longer than every try may take, with time to record. */
export const defaultLeaseMs = 2 * receiverLimits.timeoutMs.max;

/**
 * Delivers what the ledger has, at least once: who dies between sending and recording lets the next one send again, with
 * the same id. A receiver that hangs holds up nobody else, for each has at most one delivery on its way.
 */
export class DeliverNotifications {
  private readonly inFlight = new Set<Promise<void>>();
  private readonly tries = meter('@myelin/alerting').createCounter('myelin.alerting.delivery.tries', {
    description: 'Tries to deliver a notification, by kind of receiver and outcome',
  });

  constructor(private readonly settings: DeliverySettings) {}

  /** Takes what is due and sets it off without waiting for it. True: there may be more. */
  async step(): Promise<boolean> {
    const { ledger, leaseMs, maxInFlight } = this.settings;
    const free = maxInFlight - this.inFlight.size;
    if (free <= 0) return false;
    const claimed = await ledger.claim(leaseMs, free);
    for (const delivery of claimed) {
      const delivering = this.deliver(delivery).finally(() => this.inFlight.delete(delivering));
      this.inFlight.add(delivering);
    }
    return claimed.length > 0 && this.inFlight.size < maxInFlight;
  }

  /** When all that was set off is recorded. */
  async settled(): Promise<void> {
    while (this.inFlight.size > 0) await Promise.all(this.inFlight);
  }

  private async deliver(delivery: ClaimedDelivery): Promise<void> {
    const { ledger, logger, schedule } = this.settings;
    const receiver = this.settings.receiverOf(delivery.tenant, delivery.notification.receiver);
    const outcome = await this.try(delivery, receiver);
    const next = afterTry(delivery, outcome, schedule, Math.random());
    const facts = { delivery: delivery.id, tenant: delivery.tenant, receiver: delivery.notification.receiver };
    this.tries.add(1, { kind: receiver?.kind ?? 'unknown', outcome: outcome.kind });
    if (outcome.kind !== 'delivered')
      logger.warn(
        { ...facts, try: delivery.tries, reason: outcome.error, next: next.state },
        'a notification was not delivered',
      );
    try {
      if (!(await ledger.record(delivery, outcome, next)))
        logger.warn(facts, 'the try took longer than its lease; somebody else has taken the delivery over');
    } catch (error) {
      // Its lease runs out, and it is tried again with the same id.
      logger.warn({ ...facts, error: describeError(error) }, 'the outcome of a try could not be recorded');
    }
  }

  private async try(delivery: ClaimedDelivery, receiver: Receiver | undefined): Promise<TryOutcome> {
    const { webhooks, smtp } = this.settings;
    switch (receiver?.kind) {
      case undefined:
        return { kind: 'refused', error: 'the policy has no such receiver any more' };
      case 'webhook':
        return sendWebhook(webhooks, receiver, delivery);
      case 'alertmanager':
        return sendToAlertmanager(webhooks, receiver, delivery);
      case 'email':
        if (smtp === undefined) return { kind: 'failed', error: 'no mail server is configured' };
        return sendEmail(smtp, receiver, delivery);
    }
  }
}
