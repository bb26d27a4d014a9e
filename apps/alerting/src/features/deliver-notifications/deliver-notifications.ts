import { describeError } from '@myelin/kernel';
import type { Logger } from '@myelin/observability';
import {
  type ClaimedDelivery,
  type DeliveryLedger,
  type DeliverySchedule,
  type TryOutcome,
  afterTry,
} from '../../domain/notifying/delivery.js';
import { type Receiver, receiverLimits } from '../../domain/notifying/receivers.js';
import { outcomeOfError } from './answer-outcome.js';
import { DeliveryLog } from './delivery-log.js';
import type { DeliveryMetrics } from './delivery-metrics.js';
import { inNotifySpan } from './notify-span.js';
import { type Ways, sendNotification } from './send-notification.js';

export interface DeliverySettings extends Ways {
  readonly ledger: DeliveryLedger;
  /**
   * The receiver as the tenant's policy has it now; undefined = it surely has none of that name any more. Where it is not
   * known yet this fails, and the delivery is tried again.
   */
  readonly receiverOf: (tenant: string, name: string) => Promise<Receiver | undefined>;
  readonly schedule: DeliverySchedule;
  /** How many are on their way at once. */
  readonly maxInFlight: number;
  /** How long a try may take before its process is taken for dead. Longer than any try's own time. */
  readonly leaseMs: number;
  readonly metrics: DeliveryMetrics;
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
  private readonly log: DeliveryLog;
  private isStopped = false;

  constructor(private readonly settings: DeliverySettings) {
    this.log = new DeliveryLog(settings.logger);
  }

  /** Takes what is due and sets it off without waiting for it; each that is done makes room for the next. */
  async step(): Promise<void> {
    const { ledger, leaseMs, maxInFlight } = this.settings;
    const free = maxInFlight - this.inFlight.size;
    if (this.isStopped || free <= 0) return;
    for (const delivery of await ledger.claim(leaseMs, free)) {
      const delivering = this.deliver(delivery).finally(() => this.inFlight.delete(delivering));
      this.inFlight.add(delivering);
    }
  }

  /** When all that was set off, and what followed it, is recorded. */
  async settled(): Promise<void> {
    while (this.inFlight.size > 0) await Promise.all(this.inFlight);
  }

  /** Takes nothing any more, and waits for what is on its way. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await this.settled();
  }

  private async deliver(delivery: ClaimedDelivery): Promise<void> {
    const { metrics } = this.settings;
    try {
      const { kind, outcome } = await this.attempt(delivery);
      const next = afterTry(delivery, outcome, this.settings.schedule, Math.random());
      metrics.tried(kind, outcome.kind);
      this.log.tried(delivery, outcome, next);
      const recorded = await this.settings.ledger.record(delivery, outcome, next);
      if (recorded) metrics.recorded(kind, next.state);
      else this.log.warn(delivery, 'the try took longer than its lease; somebody else has the delivery');
      await this.step();
    } catch (error) {
      // Its lease runs out, and it is tried again with the same id.
      this.log.warn(delivery, 'the ledger could not be asked', { error: describeError(error) });
    }
  }

  private async attempt(
    delivery: ClaimedDelivery,
  ): Promise<{ kind: Receiver['kind'] | 'unknown'; outcome: TryOutcome }> {
    const { tenant, notification } = delivery;
    try {
      const receiver = await this.settings.receiverOf(tenant, notification.receiver);
      const kind = receiver?.kind ?? 'unknown';
      return { kind, outcome: await inNotifySpan(delivery, kind, () => this.try(delivery, receiver)) };
    } catch (error) {
      return { kind: 'unknown', outcome: outcomeOfError(error) };
    }
  }

  private async try(delivery: ClaimedDelivery, receiver: Receiver | undefined): Promise<TryOutcome> {
    if (receiver === undefined) return { kind: 'refused', error: 'the policy has no such receiver any more' };
    return sendNotification(this.settings, receiver, delivery);
  }
}
