import type { INestApplication } from '@nestjs/common';

export interface RawRoute {
  readonly method: string;
  readonly path: string;
  /** Declared by `config: { access: 'public' }` on the route. */
  readonly isPublic: boolean;
}

interface AddedRoute {
  readonly method: string | readonly string[];
  readonly url: string;
  readonly config?: unknown;
}

/** What of a Fastify instance is needed here. */
interface RouteHost {
  addHook(name: 'onRoute', hook: (route: AddedRoute) => void): unknown;
}

const routesOf = new WeakMap<object, RawRoute[]>();

/** Keeps account of every route that is added from now on. HEAD beside a GET is Fastify's own and is left out. */
export function watchRoutes(instance: RouteHost): void {
  const routes: RawRoute[] = [];
  routesOf.set(instance, routes);
  instance.addHook('onRoute', ({ method, url, config }) => {
    const isPublic = (config as { readonly access?: unknown } | undefined)?.access === 'public';
    for (const verb of typeof method === 'string' ? [method] : method) {
      if (verb !== 'HEAD') routes.push({ method: verb, path: url, isPublic });
    }
  });
}

/** A route that answers past Fastify counts like the others. */
export function noteRoute(instance: object, route: RawRoute): void {
  routesOf.get(instance)?.push(route);
}

export function routesAt(instance: object): readonly RawRoute[] {
  return routesOf.get(instance) ?? [];
}

/** Routes of the application's Fastify instance, Nest's among them. */
export function rawRoutesOf(app: INestApplication): readonly RawRoute[] {
  return routesAt(app.getHttpAdapter().getInstance() as object);
}

/** Methods that some route answers at this path, for 405 (RFC 9110, 15.5.6). */
export function methodsAt(instance: object, path: string): string[] {
  const segments = path.split('/');
  const matching = routesAt(instance).filter((route) => matches(route.path.split('/'), segments));
  return [...new Set(matching.map(({ method }) => method))].sort();
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  if (pattern.length !== segments.length) return false;
  return pattern.every((part, index) => part === segments[index] || (part.startsWith(':') && segments[index] !== ''));
}
