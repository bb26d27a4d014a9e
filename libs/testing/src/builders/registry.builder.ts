import {
  type PayloadOf,
  deviceCredentialsV1,
  deviceStateV1,
  profileStateV1,
  siteStateV1,
  tenantStateV1,
} from '@myelin/contracts';

export type DeviceStatePayload = PayloadOf<typeof deviceStateV1>;
export type DeviceCredentialsPayload = PayloadOf<typeof deviceCredentialsV1>;
export type ProfilePayload = PayloadOf<typeof profileStateV1>;
export type SitePayload = PayloadOf<typeof siteStateV1>;
export type TenantPayload = PayloadOf<typeof tenantStateV1>;

/** An active device; what a test cares about goes into `overrides`. */
export function aDeviceState(overrides: Partial<DeviceStatePayload> = {}): DeviceStatePayload {
  return { ...deviceStateV1.example, ...overrides };
}

/** No secret of a real device: the hash of the contract's example. */
export function someDeviceCredentials(overrides: Partial<DeviceCredentialsPayload> = {}): DeviceCredentialsPayload {
  return { ...deviceCredentialsV1.example, ...overrides };
}

/** A thermometer that reports each minute and refuses metrics that it does not know. */
export function aProfile(overrides: Partial<ProfilePayload> = {}): ProfilePayload {
  return { ...profileStateV1.example, ...overrides };
}

export function aSite(overrides: Partial<SitePayload> = {}): SitePayload {
  return { ...siteStateV1.example, ...overrides };
}

export function aTenant(overrides: Partial<TenantPayload> = {}): TenantPayload {
  return { ...tenantStateV1.example, ...overrides };
}
