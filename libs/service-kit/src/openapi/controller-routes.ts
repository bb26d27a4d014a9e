import { type INestApplication, RequestMethod } from '@nestjs/common';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import type { Access } from '../auth/access.decorators.js';
import { accessOf } from '../auth/access.js';

/** Nest's own metadata keys of `@Controller(path)` and of `@Get(path)` and its like. */
const pathKey = 'path';
const methodKey = 'method';

export interface ControllerRoute {
  readonly method: string;
  readonly path: string;
  readonly access: Access | undefined;
  readonly handler: string;
}

/** The HTTP routes of every controller; consumers' handlers have no HTTP method and are not among them. */
export function controllerRoutes(app: INestApplication): ControllerRoute[] {
  const modules = [...app.get(ModulesContainer, { strict: false }).values()];
  const controllers = modules.flatMap((module) => [...module.controllers.values()]);
  const classes = new Set(controllers.map(({ metatype }) => metatype).filter((type) => typeof type === 'function'));
  return [...classes].flatMap((type) => routesOf(type));
}

function routesOf(type: { readonly name: string; readonly prototype: unknown }): ControllerRoute[] {
  const prototype = type.prototype as Readonly<Record<string, object>>;
  const prefixes = pathsOf(type);
  return new MetadataScanner().getAllMethodNames(prototype).flatMap((name) => {
    const handler = prototype[name] as object;
    const verb = Reflect.getMetadata(methodKey, handler) as RequestMethod | undefined;
    if (verb === undefined) return [];
    const access = accessOf(type, handler);
    const route = { method: RequestMethod[verb], access, handler: `${type.name}.${name}` };
    return prefixes.flatMap((prefix) => pathsOf(handler).map((path) => ({ ...route, path: join(prefix, path) })));
  });
}

function pathsOf(target: object): string[] {
  const declared = Reflect.getMetadata(pathKey, target) as string | string[] | undefined;
  return Array.isArray(declared) ? declared : [declared ?? ''];
}

function join(...parts: readonly string[]): string {
  const segments = parts.flatMap((part) => part.split('/')).filter((segment) => segment !== '');
  return `/${segments.join('/')}`;
}
