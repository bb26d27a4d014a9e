import type { Logger } from '@myelin/observability';
import type { ClaimedDelivery, NextStep, TryOutcome } from '../../domain/notifying/delivery.js';

const mostFailing = 10_000;

/** Says once that a receiver fails, once that it works again, and what is parked. Each try is in the ledger. */
export class DeliveryLog {
  private readonly failing = new Set<string>();

  constructor(private readonly logger: Logger) {}

  tried(delivery: ClaimedDelivery, outcome: TryOutcome, next: NextStep): void {
    const { tenant, notification } = delivery;
    const receiver = JSON.stringify([tenant, notification.receiver]);
    if (outcome.kind === 'delivered') {
      if (this.failing.delete(receiver)) this.logger.info(factsOf(delivery), 'notification: its receiver works again');
      return;
    }
    const isKnown = this.failing.has(receiver);
    if (this.failing.size >= mostFailing) this.failing.clear();
    this.failing.add(receiver);
    const level = isKnown && next.state === 'pending' ? 'debug' : 'warn';
    const facts = { ...factsOf(delivery), reason: outcome.error, next: next.state };
    this.logger[level](facts, next.state === 'parked' ? 'notification: parked' : 'notification: its receiver fails');
  }

  warn(delivery: ClaimedDelivery, what: string, facts: object = {}): void {
    this.logger.warn({ ...factsOf(delivery), ...facts }, `notification: ${what}`);
  }
}

function factsOf({ id, tenant, tries, notification }: ClaimedDelivery): object {
  return { delivery: id, tenant, receiver: notification.receiver, try: tries };
}
