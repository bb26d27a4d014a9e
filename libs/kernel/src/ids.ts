import { CodedError } from './errors.js';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** `[A-Za-z0-9_-]{1,64}`, case-sensitive. */
export type TenantId = Branded<'TenantId'>;
/** `[A-Za-z0-9._:-]{1,128}`, case-sensitive, unique within its tenant. */
export type DeviceId = Branded<'DeviceId'>;
/** `<tenant>/<device>`: the key of everything about one device, on every topic. */
export type DeviceKey = Branded<'DeviceKey'>;

export class IdError extends CodedError<'id.tenant-invalid' | 'id.device-invalid' | 'id.device-key-invalid'> {}

/** Source of the patterns, so that schemas and documents derive from the same text. */
export const tenantIdPattern = '^[A-Za-z0-9_-]{1,64}$';
export const deviceIdPattern = '^[A-Za-z0-9._:-]{1,128}$';

const tenantIdRegExp = new RegExp(tenantIdPattern);
const deviceIdRegExp = new RegExp(deviceIdPattern);

export function isTenantId(text: string): text is TenantId {
  return tenantIdRegExp.test(text);
}

export function isDeviceId(text: string): text is DeviceId {
  return deviceIdRegExp.test(text);
}

/** @throws IdError id.tenant-invalid */
export function tenantId(text: string): TenantId {
  if (isTenantId(text)) return text;
  throw IdError.permanent('id.tenant-invalid', `a tenant id must match ${tenantIdPattern}`);
}

/** @throws IdError id.device-invalid */
export function deviceId(text: string): DeviceId {
  if (isDeviceId(text)) return text;
  throw IdError.permanent('id.device-invalid', `a device id must match ${deviceIdPattern}`);
}

export function deviceKey(tenant: TenantId, device: DeviceId): DeviceKey {
  return `${tenant}/${device}` as DeviceKey;
}

/** The inverse of {@link deviceKey}. @throws IdError id.device-key-invalid */
export function parseDeviceKey(key: string): { tenant: TenantId; device: DeviceId } {
  const slash = key.indexOf('/');
  const tenant = key.slice(0, slash);
  const device = key.slice(slash + 1);
  if (slash > 0 && isTenantId(tenant) && isDeviceId(device)) return { tenant, device };
  throw IdError.permanent('id.device-key-invalid', 'a device key must be <tenant>/<device>');
}
