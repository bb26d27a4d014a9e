import { createLogger } from '@myelin/observability';
import { runMigrations } from '@myelin/persistence';
import { loadMigrationConfig } from './config.js';
import { migrations } from './persistence/migrations.js';

const { ownerUrl, databaseUrl, databaseSchema: schema, logLevel } = loadMigrationConfig();
const logger = createLogger({ service: 'device-registry', level: logLevel });
const appRole = decodeURIComponent(new URL(databaseUrl).username);
await runMigrations({ ownerUrl, schema, migrations, appRole, logger });
