import type { DeviceScope } from './device-scope.js';
import type { Lifecycle } from './lifecycle.js';
import type { WindowPeriod } from './maintenance-window.js';
import type { Metrics, RetentionClass, StoragePolicy, UnknownMetricRule } from './profile.js';

/** What the service keeps, as plain data. */
export interface TenantRecord {
  readonly tenant: string;
  readonly displayName: string;
  /** IANA name. */
  readonly timeZone: string;
  readonly maxDevices: number;
  readonly messagesPerSecond: number;
  readonly messagesPerSecondPerDevice: number;
  readonly version: number;
  readonly updatedAt: Date;
}

export interface SiteRecord {
  readonly tenant: string;
  readonly site: string;
  /** WGS 84 degrees; both or none. */
  readonly lat: number | null;
  readonly lon: number | null;
  /** IANA name. */
  readonly timeZone: string;
  readonly metadata: Record<string, unknown>;
  readonly version: number;
  readonly updatedAt: Date;
}

export interface MaintenanceWindowRecord extends WindowPeriod {
  readonly tenant: string;
  readonly window: string;
  readonly scope: DeviceScope;
  readonly reason: string;
  /** Who made it or changed it last, as in the audit trail. */
  readonly actor: string;
  readonly version: number;
  readonly updatedAt: Date;
}

export interface TraceRequestRecord {
  readonly tenant: string;
  readonly device: string;
  readonly until: Date;
  readonly reason: string | null;
  /** Who asked for it last, as in the audit trail. */
  readonly actor: string;
  readonly version: number;
  readonly updatedAt: Date;
}

export interface ProfileRecord {
  readonly tenant: string;
  readonly profile: string;
  readonly expectedReportIntervalMs: number;
  readonly metrics: Metrics;
  readonly unknownMetrics: UnknownMetricRule;
  readonly retentionClass: RetentionClass;
  /** Null: what holds for a profile that does not say; also below. */
  readonly storage: StoragePolicy | null;
  readonly lateAfterMs: number | null;
  readonly latenessMs: number | null;
  readonly autoActivate: boolean;
  readonly metadata: Record<string, unknown>;
  readonly version: number;
  readonly updatedAt: Date;
}

/** The policies that the profile states, without those that it leaves to what holds anyway. */
export function statedPolicies({ storage, lateAfterMs, latenessMs }: ProfileRecord) {
  return {
    ...(storage !== null && { storage }),
    ...(lateAfterMs !== null && { lateAfterMs }),
    ...(latenessMs !== null && { latenessMs }),
  };
}

export interface DeviceRecord {
  readonly tenant: string;
  readonly device: string;
  /** Unsigned 32 bits, dense, never handed out twice. */
  readonly index: number;
  readonly profile: string;
  readonly site: string | null;
  readonly lifecycle: Lifecycle;
  readonly labels: Record<string, string>;
  readonly metadata: Record<string, unknown>;
  /** Grows by every published state of this id, also across deletion and new creation. */
  readonly version: number;
  /** As `version`, of the set of credentials; 0 = it never had one. */
  readonly credentialsVersion: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface CredentialRecord {
  readonly id: string;
  readonly tenant: string;
  readonly device: string;
  /** SHA-256 of the secret, base64url. */
  readonly secretSha256: string;
  readonly notBefore: Date;
  readonly notAfter: Date | null;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

export interface AuditRecord {
  readonly tenant: string;
  readonly id: string;
  readonly at: Date;
  readonly actor: string;
  /** `<entity>.<verb>` */
  readonly action: string;
  readonly entity: string;
  readonly reason: string | null;
}
