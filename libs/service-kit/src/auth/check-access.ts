import type { INestApplication } from '@nestjs/common';
import { controllerRoutes } from '../openapi/controller-routes.js';
import { AuthError } from './auth.errors.js';

/**
 * Fails start-up unless every controller route says who may use it.
 * @throws AuthError auth.access-undeclared, auth.issuer-missing, naming all such routes
 */
export function checkAccess(app: INestApplication, hasIssuer: boolean): void {
  const routes = controllerRoutes(app);
  const name = ({ method, path, handler }: (typeof routes)[number]): string => `${method} ${path} (${handler})`;
  const undeclared = routes.filter(({ access }) => access === undefined).map(name);
  if (undeclared.length > 0) {
    const message = `routes without @Roles or @Public: ${undeclared.join(', ')}`;
    throw AuthError.permanent('auth.access-undeclared', message);
  }
  const guarded = routes.filter(({ access }) => access !== 'public').map(name);
  if (guarded.length > 0 && !hasIssuer) {
    throw AuthError.permanent('auth.issuer-missing', `operatorAuth is needed for ${guarded.join(', ')}`);
  }
}
