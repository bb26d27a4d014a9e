import type { INestApplication } from '@nestjs/common';
import type { Role } from '../auth/operator.js';

/** One route of a controller, as a tenancy test wants to see it. */
export interface RouteListing {
  readonly method: string;
  /** With parameters as declared: `/v1/devices/:device`. */
  readonly path: string;
  /** `'public'`, or the roles of which one suffices. */
  readonly access: 'public' | readonly Role[];
  /** `DevicesController.list`, for messages. */
  readonly handler: string;
}

/** Every controller route of an application, ordered by path and method. */
export function listRoutes(_app: INestApplication): RouteListing[] {
  throw new Error('not yet');
}
