import { writeFileSync } from 'node:fs';
import manifest from '../package.json' with { type: 'json' };
import { gatewayOpenApi } from './open-api.js';

writeFileSync(
  new URL('../openapi.json', import.meta.url),
  `${JSON.stringify(gatewayOpenApi(manifest.version), null, 2)}\n`,
);
