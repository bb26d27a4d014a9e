import { systemClock } from '@myelin/kernel';
import { openApiOf } from '@myelin/service-kit';
import { DataSource } from 'typeorm';
import { appModule } from './app.module.js';
import { artifactDefaults } from './artifacts/artifact-variables.js';
import { Artifacts } from './artifacts/artifacts.js';
import { Firmware } from './firmware.js';
import { openApiSettings, version } from './identity.js';

/** The document of this version, made without a database: nothing is called. */
export function firmwareOpenApi(): ReturnType<typeof openApiOf> {
  const firmware = new Firmware(new DataSource({ type: 'postgres' }), systemClock);
  const artifacts = new Artifacts(artifactDefaults());
  return openApiOf(appModule({ firmware, artifacts }), { ...openApiSettings, version });
}
