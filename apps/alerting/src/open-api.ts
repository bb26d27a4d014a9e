import { systemClock } from '@myelin/kernel';
import { openApiOf } from '@myelin/service-kit';
import { DataSource } from 'typeorm';
import { Alerting } from './alerting.js';
import { AlarmStore } from './alarms/alarm-store.js';
import { appModule } from './app.module.js';
import { openApiSettings, version } from './identity.js';

/** The document of this version, made without a database: nothing is called. */
export function alertingOpenApi(): ReturnType<typeof openApiOf> {
  const alerting = new Alerting(new DataSource({ type: 'postgres' }), systemClock, { rulesPerTenant: 1 });
  return openApiOf(appModule(alerting, new AlarmStore(systemClock)), { ...openApiSettings, version });
}
