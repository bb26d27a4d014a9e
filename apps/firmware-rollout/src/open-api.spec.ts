import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { version } from './identity.js';
import { firmwareOpenApi } from './open-api.js';

const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));

describe('the OpenAPI document', () => {
  test('that is committed is current (if not: build, node apps/firmware-rollout/dist/write-open-api.js, format)', async () => {
    expect(JSON.parse(JSON.stringify(await firmwareOpenApi()))).toEqual(read('../openapi.json'));
  });

  test('says of every operation in one line what it does', () => {
    const { paths } = read('../openapi.json') as { paths: Record<string, Record<string, { summary?: string }>> };
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { summary }]) => ({ operation: `${method} ${path}`, summary })),
    );
    expect(operations.filter(({ summary = '' }) => summary === '')).toEqual([]);
  });

  test('carries the version of the package', () => {
    expect(read('../package.json')).toMatchObject({ version });
  });
});
