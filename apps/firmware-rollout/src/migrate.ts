import 'reflect-metadata';
import { createLogger } from '@myelin/observability';
import { runMigrations } from '@myelin/persistence';
import { migrationConfig } from './config.js';
import { serviceName } from './identity.js';
import { migrations } from './persistence/migrations.js';

const { ownerUrl, databaseUrl, schema, logLevel } = migrationConfig();
const logger = createLogger({ service: `${serviceName}:migrate`, level: logLevel });
const appRole = decodeURIComponent(new URL(databaseUrl).username);
await runMigrations({ ownerUrl, schema, migrations, appRole, logger });
logger.info({ schema }, 'schema is up to date');
