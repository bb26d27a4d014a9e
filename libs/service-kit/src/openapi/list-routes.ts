import type { INestApplication } from '@nestjs/common';
import type { Role } from '../auth/operator.js';
import { rawRoutesOf } from '../http/raw-routes.js';
import { controllerRoutes } from './controller-routes.js';

/** One route of a service, as a tenancy test wants to see it. */
export interface RouteListing {
  readonly method: string;
  /** With parameters as declared: `/v1/devices/:device`. */
  readonly path: string;
  /** `'public'`; the roles of which one suffices; `'raw'`: a Fastify route that checks its callers itself. */
  readonly access: 'public' | 'raw' | readonly Role[];
  /** `DevicesController.list`, for messages; `fastify` for a raw route. */
  readonly handler: string;
}

/** Every route of an initialised application, raw Fastify routes included, ordered by path and method. */
export function listRoutes(app: INestApplication): RouteListing[] {
  const controllers = controllerRoutes(app).map(({ method, path, access, handler }) => {
    const listed: RouteListing['access'] = access === undefined || access === 'public' ? 'public' : access.roles;
    return { method, path, access: listed, handler };
  });
  const known = new Set(controllers.map(({ method, path }) => `${method} ${path}`));
  const raw = rawRoutesOf(app).filter(({ method, path }) => !known.has(`${method} ${path}`));
  const others = raw.map(({ method, path, isPublic }) => {
    return { method, path, access: isPublic ? ('public' as const) : ('raw' as const), handler: 'fastify' };
  });
  return [...controllers, ...others].sort((a, b) => {
    return `${a.path} ${a.method}` < `${b.path} ${b.method}` ? -1 : 1;
  });
}
