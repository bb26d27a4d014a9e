/** What must be signed for devices of a profile. */
export interface FirmwarePolicy {
  readonly unsigned: 'refused' | 'accepted';
  /** How many keys must have signed what is signed. */
  readonly threshold: number;
}

export const maxThreshold = 5;
export const policiesPerTenant = 1_000;

/** Where nobody has said otherwise. */
export const defaultPolicy: FirmwarePolicy = { unsigned: 'refused', threshold: 1 };

/** A policy as it is kept. */
export interface FirmwarePolicyRecord extends FirmwarePolicy {
  readonly tenant: string;
  readonly profile: string;
  readonly version: number;
  readonly updatedAt: Date;
  readonly updatedBy: string;
}
