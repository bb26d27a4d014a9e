import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { openApiText } from '@myelin/service-kit';
import { telemetryOpenApi } from './openapi.js';

/** `node dist/write-open-api.js`: brings the committed document up to date. */
await writeFile(new URL('../openapi.json', import.meta.url), openApiText(await telemetryOpenApi()));
