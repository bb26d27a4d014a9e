import { uuidv7 } from '@myelin/kernel';
import type { Logger } from '@myelin/observability';
import { type Operator, actorOf, validationFailed } from '@myelin/service-kit';
import type { Alerting } from '../../alerting.js';
import type { ClaimedDelivery, TryOutcome } from '../../domain/notifying/delivery.js';
import type { Receiver } from '../../domain/notifying/receivers.js';
import type { Policies } from '../../notifications/policies.js';
import { problems } from '../../problems.js';
import { testNotification } from './test-notification.js';

/** Of all tenants, in one process. */
const maxAtOnce = 4;
/** What is asked for beyond that may be asked for again after so long. */
const retryAfterSeconds = 10;

export interface ReceiverTestParts {
  readonly alerting: Alerting;
  readonly policies: Policies;
  /** As notifications go, with the same guard and within the same time. */
  readonly send: (receiver: Receiver, delivery: ClaimedDelivery) => Promise<TryOutcome>;
  readonly logger: Logger;
}

export interface ReceiverTested {
  /** Also what the receiver gets as `webhook-id`, and in `Message-ID`. */
  readonly id: string;
  readonly receiver: Receiver;
  readonly outcome: TryOutcome;
}

/**
 * Tells a receiver of a tenant's policy something that nobody can take for an alarm. It is tried once, at once, and is not
 * in the ledger. A tenant has one test at a time, so that nobody is flooded by asking.
 */
export class ReceiverTests {
  private readonly underWay = new Set<string>();

  constructor(private readonly parts: ReceiverTestParts) {}

  /** @throws Problem 404 notification-policy-not-found, 400 validation-failed, 429 receiver-test-limit */
  async test(operator: Operator, name: string): Promise<ReceiverTested> {
    const { tenant } = operator;
    if (this.underWay.has(tenant) || this.underWay.size >= maxAtOnce)
      throw problems.receiverTestLimit(retryAfterSeconds);
    this.underWay.add(tenant);
    try {
      return await this.send(operator, await this.receiverOf(tenant, name));
    } finally {
      this.underWay.delete(tenant);
    }
  }

  private async receiverOf(tenant: string, name: string): Promise<Receiver> {
    const { alerting, policies } = this.parts;
    const versioned = await alerting.read((db) => policies.of(db, tenant));
    if (versioned === undefined) throw problems.notFound('notification-policy');
    const receiver = versioned.policy.receivers.get(name);
    if (receiver === undefined)
      throw validationFailed([{ pointer: '/receiver', detail: 'is none of the receivers of the policy' }]);
    return receiver;
  }

  private async send(operator: Operator, receiver: Receiver): Promise<ReceiverTested> {
    const { alerting, logger, send } = this.parts;
    const { tenant } = operator;
    const [nowMs, actor] = [alerting.clock.nowMs(), actorOf(operator)];
    const id = uuidv7(nowMs);
    const notification = testNotification({ tenant, receiver: receiver.name, actor, nowMs });
    const outcome = await send(receiver, { id, tenant, notification, tries: 1, failures: 0, ageMs: 0, claim: id });
    logger.info({ tenant, receiver: receiver.name, actor, notification: id, outcome }, 'a receiver was tested');
    return { id, receiver, outcome };
  }
}
