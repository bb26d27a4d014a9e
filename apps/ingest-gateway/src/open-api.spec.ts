import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { refusals } from './features/report-telemetry/refusals.js';
import { gatewayOpenApi } from './open-api.js';

const committed: unknown = JSON.parse(readFileSync(new URL('../openapi.json', import.meta.url), 'utf8'));
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

describe('the OpenAPI document', () => {
  test('that is committed is current (if not: node apps/ingest-gateway/dist/write-open-api.js, then format)', () => {
    expect(JSON.parse(JSON.stringify(gatewayOpenApi(version)))).toEqual(committed);
  });

  test('names every problem type under its status', () => {
    const { paths } = gatewayOpenApi(version) as {
      paths: Record<string, { post: { responses: Record<string, { description: string }> } }>;
    };
    for (const [type, { status }] of Object.entries(refusals)) {
      expect(paths['/v1/telemetry']?.post.responses[status]?.description).toContain(`problem:${type}\``);
    }
  });
});
