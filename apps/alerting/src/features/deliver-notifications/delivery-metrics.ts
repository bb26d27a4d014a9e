import { meter } from '@myelin/observability';
import type { NextStep, TryOutcome } from '../../domain/notifying/delivery.js';
import type { Receiver } from '../../domain/notifying/receivers.js';
import type { Waiting } from '../../persistence/deliveries.repository.js';

type Kind = Receiver['kind'] | 'unknown';

/** Without tenants and receivers: they are too many. */
export class DeliveryMetrics {
  private readonly meter = meter('@myelin/alerting');
  private readonly tries = this.meter.createCounter('myelin.alerting.delivery.tries', {
    ...{ unit: '{try}', description: 'Tries to deliver a notification, by kind of receiver and outcome' },
  });
  private readonly ended = this.meter.createCounter('myelin.alerting.deliveries.ended', {
    ...{ unit: '{notification}', description: 'Notifications delivered or parked, by kind of receiver' },
  });
  private readonly waiting = this.meter.createObservableGauge('myelin.alerting.deliveries.waiting', {
    ...{ unit: '{notification}', description: 'Notifications that are neither delivered nor parked' },
  });
  private readonly oldest = this.meter.createObservableGauge('myelin.alerting.deliveries.oldest_age', {
    ...{ unit: 's', description: 'Since the one that waits longest was put into the ledger' },
  });
  private readonly observe: Parameters<ReturnType<typeof meter>['addBatchObservableCallback']>[0];

  constructor(waiting: () => Promise<Waiting>) {
    this.observe = async (result) => {
      // Without the database there is no figure; its own health check tells of that.
      const now = await waiting().catch(() => undefined);
      if (now === undefined) return;
      result.observe(this.waiting, now.count);
      result.observe(this.oldest, now.oldestAgeMs / 1000);
    };
  }

  start(): void {
    this.meter.addBatchObservableCallback(this.observe, [this.waiting, this.oldest]);
  }

  stop(): void {
    this.meter.removeBatchObservableCallback(this.observe, [this.waiting, this.oldest]);
  }

  tried(kind: Kind, outcome: TryOutcome['kind']): void {
    this.tries.add(1, { kind, outcome });
  }

  recorded(kind: Kind, state: NextStep['state']): void {
    if (state !== 'pending') this.ended.add(1, { kind, state });
  }
}
