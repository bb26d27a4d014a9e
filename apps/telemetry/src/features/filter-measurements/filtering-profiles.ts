import type { ProfilePolicy } from '../../domain/profile-policy.js';
import { TelemetryError } from '../../domain/telemetry.errors.js';

export interface FilteringProfiles {
  readonly ready: boolean;
  /** Whether any profile has filters. */
  readonly someFilter: boolean;
  /** @param key `<tenant>/<profile>` */
  find(key: string): ProfilePolicy | undefined;
}

/** The profile of a device, if it has filters. */
export function filteringPolicy(
  profiles: FilteringProfiles,
  { tenant, profile }: { readonly tenant: string; readonly profile: string | null },
): ProfilePolicy | undefined {
  const policy = profile === null ? undefined : profiles.find(`${tenant}/${profile}`);
  return policy !== undefined && policy.filters.size > 0 ? policy : undefined;
}

/** @throws TelemetryError telemetry.profiles-behind: nothing is decided without knowing how */
export function requireProfiles(profiles: FilteringProfiles): void {
  if (!profiles.ready) throw TelemetryError.retryable('telemetry.profiles-behind', 'profiles are not read yet');
}
