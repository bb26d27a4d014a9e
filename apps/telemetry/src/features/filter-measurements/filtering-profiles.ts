import type { ProfilePolicy, Profiles } from '../../domain/profile-policy.js';

export interface FilteringProfiles extends Profiles {
  /** Whether any profile has filters. */
  readonly someFilter: boolean;
}

/** The profile of a device, if it has filters. */
export function filteringPolicy(
  profiles: FilteringProfiles,
  { tenant, profile }: { readonly tenant: string; readonly profile: string | null },
): ProfilePolicy | undefined {
  const policy = profile === null ? undefined : profiles.find(`${tenant}/${profile}`);
  return policy !== undefined && policy.filters.size > 0 ? policy : undefined;
}
