import { counter, metricAttributes as names, metrics, observe } from '@myelin/observability';
import type { NextStep, TryOutcome } from '../../domain/notifying/delivery.js';
import type { Receiver } from '../../domain/notifying/receivers.js';
import type { Waiting } from '../../persistence/deliveries.repository.js';

type Kind = Receiver['kind'] | 'unknown';

/** Without tenants and receivers: they are too many. */
export class DeliveryMetrics {
  private readonly tries = counter(metrics.deliveryTries);
  private readonly ended = counter(metrics.deliveriesEnded);
  private stops: readonly (() => void)[] = [];

  /** @param waiting fails without a database: there is no figure then, and its own health check tells of that */
  constructor(private readonly waiting: () => Promise<Waiting>) {}

  start(): void {
    this.stops = [
      observe(metrics.deliveriesWaiting, async (tell) => tell((await this.waiting()).count)),
      observe(metrics.deliveriesOldestAge, async (tell) => tell((await this.waiting()).oldestAgeMs / 1_000)),
    ];
  }

  stop(): void {
    for (const stop of this.stops) stop();
  }

  tried(kind: Kind, outcome: TryOutcome['kind']): void {
    this.tries.add(1, { [names.receiverKind]: kind, [names.outcome]: outcome });
  }

  recorded(kind: Kind, state: NextStep['state']): void {
    if (state !== 'pending') this.ended.add(1, { [names.receiverKind]: kind, [names.state]: state });
  }
}
