import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { openApiText } from '@myelin/service-kit';
import { telemetryOpenApi } from '../src/openapi.js';

test('the committed openapi.json is what the code says (node dist/write-open-api.js renews it)', async () => {
  const committed = await readFile(new URL('../openapi.json', import.meta.url), 'utf8');
  const current = await telemetryOpenApi();
  expect(JSON.parse(openApiText(current))).toEqual(JSON.parse(committed));
  expect(current.openapi).toBe('3.1.0');
  expect(Object.keys(current.paths)).toEqual([
    '/v1/devices/{device}/latest',
    '/v1/devices/{device}/measurements/raw',
    '/v1/devices/{device}/measurements',
    '/v1/aggregates',
    '/v1/comparison',
    '/v1/devices/{device}/states',
    '/v1/devices/{device}/windows',
    '/v1/statistics',
    '/v1/devices/{device}/quality',
    '/v1/quality',
  ]);
});
