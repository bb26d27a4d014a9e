import type { Lifecycle, StorageClass, ValueKind } from '@myelin/contracts';
import type { DeviceId, DeviceKey, TenantId } from '@myelin/kernel';

export interface MetricRule {
  readonly kind: ValueKind;
  readonly unit?: string;
  /** Inclusive; -Infinity without one. */
  readonly minimum: number;
  /** Inclusive; Infinity without one. */
  readonly maximum: number;
}

/** What an edge must know about a profile to check a report. */
export interface DeviceProfile {
  readonly profile: string;
  /** What becomes of its measurements, as their records say. */
  readonly storageClass: StorageClass;
  /** How old a measurement may be, in milliseconds: how long those of the class are kept. */
  readonly retentionMs: number;
  readonly unknownMetrics: 'refuse' | 'keep';
  readonly metrics: ReadonlyMap<string, MetricRule>;
}

export interface TenantLimits {
  readonly messagesPerSecond: number;
  readonly messagesPerSecondPerDevice: number;
}

export interface AuthenticatedDevice {
  readonly tenant: TenantId;
  readonly device: DeviceId;
  /** `<tenant>/<device>` */
  readonly key: DeviceKey;
  /** Dense, never reused. */
  readonly index: number;
  readonly profile: DeviceProfile;
  readonly limits: TenantLimits;
}

/** For metrics and logs only: towards the outside all of them look the same. */
export type UnauthenticatedReason = 'missing' | 'malformed' | 'unknown' | 'wrong-secret' | 'expired' | 'not-yet-valid';

export type AuthOutcome =
  | { readonly kind: 'authenticated'; readonly device: AuthenticatedDevice }
  | { readonly kind: 'unauthenticated'; readonly reason: UnauthenticatedReason }
  /** The secret was right, but a device in this state of its life may not report. */
  | { readonly kind: 'forbidden'; readonly lifecycle: Exclude<Lifecycle, 'active'>; readonly key: DeviceKey }
  /** The secret was right, but a record that belongs to the device has not arrived yet: try again in a moment. */
  | { readonly kind: 'incomplete'; readonly missing: 'device-state' | 'profile' | 'tenant' }
  /** The tables have not caught up since the start. */
  | { readonly kind: 'not-ready' };
