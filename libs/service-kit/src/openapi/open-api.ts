import { writeFile } from 'node:fs/promises';
import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { controllerRoutes } from './controller-routes.js';

export interface OpenApiSettings {
  /** For people: `Device registry`. */
  readonly title: string;
  readonly description?: string;
}

export type OpenApiInfo = OpenApiSettings & {
  /** SemVer of the API. */
  readonly version: string;
};

type Operation = Record<string, unknown> & { responses?: Record<string, unknown>; security?: unknown };

/** The OpenAPI 3.1 document of an application: routes, DTOs, roles, and problem documents as the default answer. */
export function buildOpenApi(app: INestApplication, info: OpenApiInfo): OpenAPIObject {
  const options = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(info.title)
    .setVersion(info.version)
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, 'operator');
  if (info.description !== undefined) options.setDescription(info.description);
  const document = SwaggerModule.createDocument(app, options.build());
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, Problem: problemSchema },
  };
  for (const { method, path, access } of controllerRoutes(app)) {
    const item = document.paths[path.replaceAll(/:(\w+)/g, '{$1}')] as Record<string, Operation> | undefined;
    const operation = item?.[method.toLowerCase()];
    if (operation === undefined) continue;
    if (access !== undefined && access !== 'public') {
      operation.security = [{ operator: [] }];
      operation['x-roles'] = access.roles;
    }
    operation.responses = { ...operation.responses, default: problemResponse };
  }
  return document;
}

/** Writes the document as formatted JSON with sorted members: the same application always gives the same bytes. */
export async function writeOpenApi(app: INestApplication, path: string, info: OpenApiInfo): Promise<void> {
  await writeFile(path, openApiText(buildOpenApi(app, info)));
}

/** The bytes that {@link writeOpenApi} writes, for a check that the committed file is current. */
export function openApiText(document: OpenAPIObject): string {
  return `${JSON.stringify(sorted(document), undefined, 2)}\n`;
}

/** The document of a module without starting it: nothing is instantiated, nothing is connected. */
export async function openApiOf(module: Type | DynamicModule, info: OpenApiInfo): Promise<OpenAPIObject> {
  const app = await NestFactory.create(module, new FastifyAdapter(), { preview: true, logger: false });
  return buildOpenApi(app, info);
}

const problemResponse = {
  description: 'A problem document (RFC 9457)',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status'],
  properties: {
    type: { type: 'string', format: 'uri', examples: ['urn:myelin:problem:validation-failed'] },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string', format: 'uri-reference' },
    traceId: { type: 'string', pattern: '^[0-9a-f]{32}$' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['detail'],
        properties: {
          pointer: { type: 'string', format: 'json-pointer' },
          parameter: { type: 'string' },
          detail: { type: 'string' },
        },
      },
    },
  },
};

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]): [string, unknown] => [key, sorted(member)]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
