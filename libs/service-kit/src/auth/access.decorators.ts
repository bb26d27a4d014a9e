import { type CustomDecorator, SetMetadata } from '@nestjs/common';
import type { Role } from './operator.js';

/** What a route demands: roles of which one suffices, or nothing at all. */
export type Access = { readonly roles: readonly Role[] } | 'public';

export const accessKey = 'myelin:access';

/**
 * The least role that may use the route (or every route of the controller); a higher rank may too.
 * With several, any one suffices: `@Roles('viewer', 'platform-admin')`.
 */
export function Roles(first: Role, ...others: Role[]): CustomDecorator {
  return SetMetadata(accessKey, { roles: [first, ...others] } satisfies Access);
}

/** Open to everybody, also without a token. */
export function Public(): CustomDecorator {
  return SetMetadata(accessKey, 'public' satisfies Access);
}
