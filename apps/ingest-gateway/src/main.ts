import 'reflect-metadata';
import { redactedConfig } from '@myelin/config';
import { createLogger } from '@myelin/observability';
import { configSchema, gatewayConfig } from './config.js';
import { startGateway } from './start-gateway.js';

const config = gatewayConfig();
const logger = createLogger({ service: 'ingest-gateway', level: config.logLevel });
logger.info({ config: redactedConfig(configSchema, config) }, 'starting');
await startGateway(config, logger);
