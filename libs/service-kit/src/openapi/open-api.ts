import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';

export interface OpenApiSettings {
  /** For people: `Device registry`. */
  readonly title: string;
  readonly description?: string;
}

/** The OpenAPI 3.1 document of an application, routes and DTOs. */
export function buildOpenApi(
  _app: INestApplication,
  _info: OpenApiSettings & { readonly version: string },
): OpenAPIObject {
  throw new Error('not yet');
}

/** Writes the document as formatted JSON; the same application always gives the same bytes. */
export async function writeOpenApi(
  _app: INestApplication,
  _path: string,
  _info: OpenApiSettings & { readonly version: string },
): Promise<void> {
  throw new Error('not yet');
}
