import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { openApiText } from '@myelin/service-kit';
import { firmwareOpenApi } from './open-api.js';

/** `node dist/write-open-api.js`: brings the committed document up to date. */
writeFileSync(new URL('../openapi.json', import.meta.url), openApiText(await firmwareOpenApi()));
