import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable, Module } from '@nestjs/common';
import { describe, expect, test } from '@jest/globals';
import { openApiOf, openApiText, writeOpenApi } from '../src/index.js';
import { startSample } from './fixture.js';
import { SampleModule } from './sample.module.js';
import { audience } from './token-issuer.js';

const info = { title: 'Sample', version: '1.2.3' };

@Injectable()
class Exploding {
  constructor() {
    throw new Error('instantiated');
  }
}

@Module({ imports: [SampleModule], providers: [Exploding] })
class ExplodingModule {}

describe('the OpenAPI document', () => {
  test('is 3.1, served, and says roles, DTOs and problem documents', async () => {
    const service = await startSample({
      operatorAuth: { issuer: 'https://issuer.example', audience },
      openApi: { title: 'Sample' },
    });
    const document = (await (await fetch(`${service.url}/openapi.json`)).json()) as Record<
      string,
      Record<string, Record<string, object>>
    >;
    await service.close();
    expect(document).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'Sample', version: '1.2.3' },
      paths: {
        '/v1/things': {
          post: {
            security: [{ operator: [] }],
            'x-roles': ['operator'],
            requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/CreateThing' } } } },
            responses: {
              default: {
                content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
              },
            },
          },
        },
        '/v1/things/{thing}/release': { post: { 'x-roles': ['release-manager'] } },
      },
      components: { securitySchemes: { operator: { type: 'http', scheme: 'bearer' } } },
    });
    expect(document['paths']?.['/v1/slow']?.['get']).not.toHaveProperty('security');
  });

  test('comes from the module alone, without instantiating its providers, and is the same as the served one', async () => {
    const fromModule = openApiText(await openApiOf(ExplodingModule, info));
    const service = await startSample({ operatorAuth: { issuer: 'https://issuer.example', audience } });
    const folder = mkdtempSync(join(tmpdir(), 'openapi-'));
    await writeOpenApi(service.app, join(folder, 'openapi.json'), info);
    await service.close();
    expect(readFileSync(join(folder, 'openapi.json'), 'utf8')).toBe(fromModule);
    rmSync(folder, { recursive: true });
  });
});
