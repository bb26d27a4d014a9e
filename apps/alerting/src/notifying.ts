import { describeError } from '@myelin/kernel';
import type { Logger } from '@myelin/observability';
import { BackgroundWork, type Step } from '@myelin/service-kit';
import type { DataSource } from 'typeorm';
import type { Alerting } from './alerting.js';
import type { AlertingConfig } from './config.js';
import { defaultSchedule } from './domain/notifying/delivery.js';
import { AddressGuard } from './features/deliver-notifications/address-guard.js';
import { DeliverNotifications, defaultLeaseMs } from './features/deliver-notifications/deliver-notifications.js';
import { DeliveryMetrics } from './features/deliver-notifications/delivery-metrics.js';
import { DispatchNotifications } from './features/dispatch-notifications/dispatch-notifications.js';
import { type Ways, sendNotification } from './features/deliver-notifications/send-notification.js';
import { forgetNotifications } from './features/forget-notifications/forget-notifications.js';
import { ReceiverTests } from './features/test-receiver/receiver-tests.js';
import { NotificationSettings } from './notifications/notification-settings.js';
import { Policies } from './notifications/policies.js';
import { PostgresDeliveryLedger, waitingDeliveries } from './persistence/deliveries.repository.js';

export interface NotifyingParts {
  readonly dataSource: DataSource;
  readonly alerting: Alerting;
  readonly logger: Logger;
}

export interface Notifying {
  readonly settings: NotificationSettings;
  readonly receiverTests: ReceiverTests;
  start(): void;
  /** Ends after the steps and the tries under way. */
  close(): Promise<void>;
}

/** From alarms that change to receivers that know of it. Any number of processes may run it at once. */
export function createNotifying(config: AlertingConfig, parts: NotifyingParts): Notifying {
  const { dataSource, alerting, logger } = parts;
  const settings = new NotificationSettings(config);
  const { externalUrl, signingKeys, smtp } = settings;
  const policies = new Policies();
  const guard = new AddressGuard(settings.allowedAddresses);
  const ways: Ways = { webhooks: { guard, signingKeys, externalUrl, clock: alerting.clock }, smtp };
  const metrics = new DeliveryMetrics(() => alerting.read((db) => waitingDeliveries(db)));
  const dispatching = new DispatchNotifications({
    ...{ alerting, policies, externalUrl, leaseMs: config.dispatchLeaseMs, logger },
  });
  const delivering = new DeliverNotifications({
    ledger: new PostgresDeliveryLedger(dataSource),
    receiverOf: async (tenant, name) => {
      const versioned = await alerting.read((db) => policies.of(db, tenant));
      return versioned?.policy.receivers.get(name);
    },
    ...ways,
    ...{ schedule: defaultSchedule, maxInFlight: config.deliveriesInFlight },
    leaseMs: Math.max(defaultLeaseMs, 2 * config.smtpTimeoutMs),
    ...{ metrics, logger },
  });
  const deliver = async (): Promise<boolean> => {
    await delivering.step();
    return false;
  };
  const forget = (): Promise<boolean> => forgetNotifications(alerting, config.deliveryRetentionMs);
  const work = (name: string, step: Step, pauseMs: number): BackgroundWork =>
    new BackgroundWork(name, step, pauseMs, logger);
  const works = [
    work('dispatch-notifications', () => dispatching.step(), config.dispatchMs),
    work('deliver-notifications', deliver, config.deliverMs),
    work('forget-notifications', forget, config.housekeepingMs),
  ];
  return {
    settings,
    receiverTests: new ReceiverTests({
      ...{ alerting, policies, logger },
      send: (receiver, delivery) => sendNotification(ways, receiver, delivery),
    }),
    start: () => {
      metrics.start();
      for (const one of works) one.start();
    },
    close: async () => {
      metrics.stop();
      await Promise.all([...works.map((one) => one.stop()), delivering.stop()]);
      // Otherwise they wait until its lease is over.
      await dispatching
        .release()
        .catch((error: unknown) => logger.warn({ error: describeError(error) }, 'dispatchers are not released'));
    },
  };
}
