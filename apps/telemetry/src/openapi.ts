import { silentLogger } from '@myelin/observability';
import { createDataSource } from '@myelin/persistence';
import { openApiOf } from '@myelin/service-kit';
import { appModule } from './app.module.js';
import { openApiSettings, serviceName, version } from './identity.js';

/** The API document, made without a database or a broker. */
export function telemetryOpenApi(): ReturnType<typeof openApiOf> {
  const nowhere = createDataSource({
    url: 'postgres://nobody@127.0.0.1:1/none',
    schema: serviceName,
    applicationName: serviceName,
  });
  const connections = { writer: nowhere, reader: nowhere, upkeep: nowhere, freezer: nowhere };
  const times = { housekeepingMs: 1, rollUpMs: 1, rollUpGraceMs: 1, coldAfterDays: 1, freezingMs: 1 };
  const module = appModule({ ...connections, ...times, logger: silentLogger });
  return openApiOf(module, { ...openApiSettings, version });
}
