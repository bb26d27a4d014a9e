import {
  type CredentialRecord,
  type DeviceRecord,
  type MaintenanceWindowRecord,
  type ProfileRecord,
  type SiteRecord,
  type TenantRecord,
  type TraceRequestRecord,
  statedPolicies,
} from '../domain/records.js';
import {
  type PayloadOf,
  deviceCredentialsV1,
  deviceLifecycleChangedV1,
  deviceStateV1,
  maintenanceWindowStateV1,
  profileStateV1,
  siteStateV1,
  tenantStateV1,
  traceRequestStateV1,
} from '@myelin/contracts';
import type { EncodedRecord, EventToPublish } from '@myelin/messaging';
import { encodeEvent } from '@myelin/messaging';
import type { Lifecycle } from '../domain/lifecycle.js';

/** CloudEvents `source` of everything that this service publishes. */
export const source = '/myelin/device-registry';

export interface LifecycleStep {
  readonly from?: Lifecycle;
  readonly to: Lifecycle;
  readonly reason: string;
  readonly actor: string;
  readonly at: Date;
  readonly version: number;
}

type PublishedCredential = Pick<CredentialRecord, 'id' | 'secretSha256' | 'notBefore' | 'notAfter'>;

function encode<Payload>(event: EventToPublish<Payload>): EncodedRecord {
  return encodeEvent(event, source);
}

export function tenantState(tenant: TenantRecord): EncodedRecord {
  const { tenant: id, displayName, timeZone, version, maxDevices } = tenant;
  const { messagesPerSecond, messagesPerSecondPerDevice } = tenant;
  const limits = { maxDevices, messagesPerSecond, messagesPerSecondPerDevice };
  return encode({
    contract: tenantStateV1,
    key: id,
    payload: { tenant: id, displayName, timeZone, limits, version },
    version,
  });
}

export function siteState(site: SiteRecord): EncodedRecord {
  const { tenant, timeZone, metadata, version, lat, lon } = site;
  const position = lat === null || lon === null ? {} : { position: { lat, lon } };
  return encode({
    contract: siteStateV1,
    key: `${tenant}/${site.site}`,
    payload: { tenant, site: site.site, timeZone, metadata, version, ...position },
    version,
  });
}

export function siteTombstone(tenant: string, site: string, version: number): EncodedRecord {
  return encode({ contract: siteStateV1, key: `${tenant}/${site}`, payload: null, version });
}

export function profileState(profile: ProfileRecord): EncodedRecord {
  const { tenant, expectedReportIntervalMs, metrics, unknownMetrics, retentionClass, autoActivate } = profile;
  const { metadata, version } = profile;
  return encode({
    contract: profileStateV1,
    key: `${tenant}/${profile.profile}`,
    payload: {
      ...{ tenant, profile: profile.profile, expectedReportIntervalMs, metrics: { ...metrics } },
      ...{ unknownMetrics, retentionClass, ...statedPolicies(profile), autoActivate, metadata, version },
    },
    version,
  });
}

export function profileTombstone(tenant: string, profile: string, version: number): EncodedRecord {
  return encode({ contract: profileStateV1, key: `${tenant}/${profile}`, payload: null, version });
}

export function maintenanceWindowState(row: MaintenanceWindowRecord): EncodedRecord {
  const { tenant, window, reason, actor, version } = row;
  // The lists of a scope are read-only, which the contract's type cannot say.
  const scope = row.scope as PayloadOf<typeof maintenanceWindowStateV1>['scope'];
  const period = { from: row.from.toISOString(), until: row.until.toISOString() };
  return encode({
    contract: maintenanceWindowStateV1,
    key: `${tenant}/${window}`,
    payload: { tenant, window, scope, ...period, reason, actor, version },
    version,
  });
}

export function maintenanceWindowTombstone(tenant: string, window: string, version: number): EncodedRecord {
  return encode({ contract: maintenanceWindowStateV1, key: `${tenant}/${window}`, payload: null, version });
}

export function traceRequestState({ tenant, device, until, version }: TraceRequestRecord): EncodedRecord {
  const payload = { tenant, device, until: until.toISOString(), version };
  return encode({ contract: traceRequestStateV1, key: `${tenant}/${device}`, payload, version });
}

export function traceRequestTombstone(tenant: string, device: string, version: number): EncodedRecord {
  return encode({ contract: traceRequestStateV1, key: `${tenant}/${device}`, payload: null, version });
}

/** @param timeZone of the site, else of the tenant */
export function deviceState(device: DeviceRecord, timeZone: string): EncodedRecord {
  const { tenant, index, profile, site, lifecycle, labels, metadata, version } = device;
  return encode({
    contract: deviceStateV1,
    key: `${tenant}/${device.device}`,
    payload: {
      ...{ tenant, device: device.device, index, profile, ...(site === null ? {} : { site }) },
      ...{ timeZone, lifecycle, labels, metadata, version },
    },
    version,
  });
}

export function deviceTombstone(device: DeviceRecord, version: number): EncodedRecord {
  return encode({ contract: deviceStateV1, key: `${device.tenant}/${device.device}`, payload: null, version });
}

/** The whole set: those given, in the order of their ids. */
export function deviceCredentials(device: DeviceRecord, credentials: readonly PublishedCredential[]): EncodedRecord {
  const { tenant, credentialsVersion: version } = device;
  return encode({
    contract: deviceCredentialsV1,
    key: `${tenant}/${device.device}`,
    payload: {
      tenant,
      device: device.device,
      credentials: [...credentials].sort((a, b) => (a.id < b.id ? -1 : 1)).map(publishedCredential),
      version,
    },
    version,
  });
}

function publishedCredential({ id, secretSha256, notBefore, notAfter }: PublishedCredential) {
  return {
    id,
    kind: 'secret' as const,
    secretSha256,
    notBefore: notBefore.toISOString(),
    ...(notAfter === null ? {} : { notAfter: notAfter.toISOString() }),
  };
}

export function deviceCredentialsTombstone(device: DeviceRecord, version: number): EncodedRecord {
  return encode({ contract: deviceCredentialsV1, key: `${device.tenant}/${device.device}`, payload: null, version });
}

export function deviceLifecycleChanged(tenant: string, device: string, step: LifecycleStep): EncodedRecord {
  const { at, ...rest } = step;
  return encode({
    contract: deviceLifecycleChangedV1,
    key: `${tenant}/${device}`,
    payload: { tenant, device, ...rest, at: at.toISOString() },
    timeMs: at.getTime(),
  });
}
