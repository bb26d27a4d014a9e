import 'reflect-metadata';
import { redactedConfig } from '@myelin/config';
import { createLogger } from '@myelin/observability';
import { alertingConfig, configSchema } from './config.js';
import { serviceName } from './identity.js';
import { startAlerting } from './start-alerting.js';

const config = alertingConfig();
const logger = createLogger({ service: serviceName, level: config.logLevel });
logger.info({ config: redactedConfig(configSchema, config) }, 'starting');
await startAlerting(config, logger);
