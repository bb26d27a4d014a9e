import { writeFileSync } from 'node:fs';
import { openApiText } from '@myelin/service-kit';
import { registryOpenApi } from './open-api.js';

writeFileSync(new URL('../openapi.json', import.meta.url), openApiText(await registryOpenApi()));
