import { systemClock } from '@myelin/kernel';
import { silentLogger } from '@myelin/observability';
import { openApiOf } from '@myelin/service-kit';
import { DataSource } from 'typeorm';
import { appModule } from './app.module.js';
import { openApi, version } from './identity.js';
import { Registry } from './registry.js';

/** The document of this version, made without a database: nothing is called. */
export function registryOpenApi(): ReturnType<typeof openApiOf> {
  const registry = new Registry(new DataSource({ type: 'postgres' }), systemClock, silentLogger);
  const limits = { maxLineBytes: 1, maxLines: 1, maxBytes: 1 };
  return openApiOf(appModule(registry, limits), { ...openApi, version });
}
