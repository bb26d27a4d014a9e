import { systemClock } from '@myelin/kernel';
import { openApiOf } from '@myelin/service-kit';
import { DataSource } from 'typeorm';
import { appModule } from './app.module.js';
import { artifactDefaults } from './artifacts/artifact-variables.js';
import { Artifacts } from './artifacts/artifacts.js';
import { LastSeen } from './features/serve-devices/last-seen.js';
import { Polls } from './features/serve-devices/poll.js';
import { Firmware } from './firmware.js';
import { openApiSettings, version } from './identity.js';

/** The document of this version, made without a database: nothing is called. */
export function firmwareOpenApi(): ReturnType<typeof openApiOf> {
  const firmware = new Firmware(new DataSource({ type: 'postgres' }), systemClock);
  const artifacts = new Artifacts(artifactDefaults());
  const polls = new Polls({ baseMs: 300_000, deviationPercent: 0, urgentMs: 30_000 });
  return openApiOf(appModule({ firmware, artifacts, lastSeen: new LastSeen(firmware), polls }), {
    ...openApiSettings,
    version,
  });
}
