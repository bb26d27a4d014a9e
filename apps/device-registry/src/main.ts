import { createLogger } from '@myelin/observability';
import { loadServiceConfig, shownServiceConfig } from './config.js';
import { startDeviceRegistry } from './start.js';

const config = loadServiceConfig();
const logger = createLogger({ service: 'device-registry', level: config.logLevel });
logger.info({ config: shownServiceConfig(config) }, 'starting');
await startDeviceRegistry(config, logger);
