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
  const module = appModule({ writer: nowhere, reader: nowhere });
  return openApiOf(module, { ...openApiSettings, version });
}
