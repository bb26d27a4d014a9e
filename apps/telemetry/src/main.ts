import 'reflect-metadata';
import { redactedConfig } from '@myelin/config';
import { createLogger } from '@myelin/observability';
import { configSchema, telemetryConfig } from './config.js';
import { serviceName } from './identity.js';
import { startTelemetry } from './start-telemetry.js';

const config = telemetryConfig();
const logger = createLogger({ service: serviceName, level: config.logLevel });
logger.info({ config: redactedConfig(configSchema, config) }, 'starting');
await startTelemetry(config, logger);
