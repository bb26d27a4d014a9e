import { writeFileSync } from 'node:fs';
import { gatewayOpenApi } from './open-api.js';
import { version } from './version.js';

writeFileSync(new URL('../openapi.json', import.meta.url), `${JSON.stringify(gatewayOpenApi(version), null, 2)}\n`);
