import 'reflect-metadata';
import { createLogger } from '@myelin/observability';
import { runMigrations } from '@myelin/persistence';
import { migrationConfig } from './config.js';
import { serviceName } from './identity.js';
import { migrations } from './persistence/migrations/index.js';

const { ownerUrl, schema, logLevel } = migrationConfig();
const logger = createLogger({ service: `${serviceName}:migrate`, level: logLevel });
await runMigrations({ ownerUrl, schema, migrations, appRole: `${schema}_app`, logger });
logger.info({ schema }, 'schema is up to date');
