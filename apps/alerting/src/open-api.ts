import { systemClock } from '@myelin/kernel';
import { silentLogger } from '@myelin/observability';
import { openApiOf } from '@myelin/service-kit';
import { DataSource } from 'typeorm';
import { Alerting } from './alerting.js';
import { AlarmStore } from './alarms/alarm-store.js';
import { appModule } from './app.module.js';
import { alertingConfig } from './config.js';
import { Fleet } from './domain/fleet/fleet.js';
import { EvaluateRulesHandler } from './features/evaluate-rules/evaluate-rules.handler.js';
import { ReceiverTests } from './features/test-receiver/receiver-tests.js';
import { openApiSettings, version } from './identity.js';
import { NotificationSettings } from './notifications/notification-settings.js';
import { Policies } from './notifications/policies.js';

/** Nothing is reached. */
const nowhere = { DATABASE_URL: 'postgres://nowhere', OIDC_ISSUER: 'http://nowhere' };

/** The document of this version, made without a database: nothing is called. */
export function alertingOpenApi(): ReturnType<typeof openApiOf> {
  const dataSource = new DataSource({ type: 'postgres' });
  const alerting = new Alerting(dataSource, systemClock, { rulesPerTenant: 1 });
  const fleet = new Fleet(() => ({ offsetMsAt: () => 0 }));
  const evaluation = new EvaluateRulesHandler(dataSource, fleet, {
    ...{
      checkpointEveryMs: Infinity,
      apply: () => Promise.resolve(() => undefined),
      fleetIsKnown: () => Promise.resolve(),
      placing: () => Promise.resolve({ partitions: 1, partitionOf: () => 0 }),
    },
  });
  const settings = new NotificationSettings(alertingConfig(nowhere));
  const alarms = new AlarmStore(systemClock);
  const receiverTests = new ReceiverTests({
    ...{ alerting, policies: new Policies(), logger: silentLogger },
    send: () => Promise.resolve({ kind: 'delivered' }),
  });
  const notifying = { settings, receiverTests };
  return openApiOf(appModule({ alerting, alarms, fleet, evaluation, notifying }), { ...openApiSettings, version });
}
