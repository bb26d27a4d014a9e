import type { Role } from './operator.js';

/** Each rank contains the ones before it. `platform-admin` is not in it: it governs tenants, not what is theirs. */
const ranks: readonly Role[] = ['viewer', 'operator', 'release-manager', 'admin'];

export function isRole(value: unknown): value is Role {
  return value === 'platform-admin' || ranks.includes(value as Role);
}

/** True when one of the roles held is, or outranks, one of those demanded. */
export function suffices(held: readonly Role[], demanded: readonly Role[]): boolean {
  return demanded.some((least) => held.some((role) => role === least || outranks(role, least)));
}

function outranks(role: Role, least: Role): boolean {
  const rank = ranks.indexOf(least);
  return rank !== -1 && ranks.indexOf(role) > rank;
}
