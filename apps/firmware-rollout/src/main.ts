import 'reflect-metadata';
import { redactedConfig } from '@myelin/config';
import { createLogger } from '@myelin/observability';
import { configSchema, firmwareConfig } from './config.js';
import { serviceName } from './identity.js';
import { startFirmwareRollout } from './start-firmware-rollout.js';

const config = firmwareConfig();
const logger = createLogger({ service: serviceName, level: config.logLevel });
logger.info({ config: redactedConfig(configSchema, config) }, 'starting');
await startFirmwareRollout(config, logger);
