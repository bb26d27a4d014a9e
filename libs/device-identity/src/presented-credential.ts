import { type DeviceKey, deviceKey, isDeviceId, isTenantId } from '@myelin/kernel';

/** What an `Authorization` header claims; nothing in it has been checked yet. */
export type PresentedCredential =
  | { readonly kind: 'basic'; readonly key: DeviceKey; readonly secret: string }
  | { readonly kind: 'bearer'; readonly credentialId: string; readonly secret: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'malformed' };

const maxHeaderLength = 1_024;
const missing: PresentedCredential = { kind: 'missing' };
const malformed: PresentedCredential = { kind: 'malformed' };
const base64 = /^[A-Za-z0-9+/]+={0,2}$/;
const credentialIdLength = 36; // a UUID

/**
 * Basic (RFC 7617): the user is `<tenant>/<device>` with the device id percent-encoded, the password the secret.
 * Bearer (RFC 6750): `<credentialId>.<secret>`. Never throws.
 */
export function parseAuthorization(header: string | undefined): PresentedCredential {
  if (header === undefined || header === '') return missing;
  if (header.length > maxHeaderLength) return malformed;
  const space = header.indexOf(' ');
  if (space < 0) return malformed;
  const rest = header.slice(space + 1).trim();
  switch (header.slice(0, space).toLowerCase()) {
    case 'bearer':
      return parseBearer(rest);
    case 'basic':
      return parseBasic(rest);
    default:
      return malformed;
  }
}

function parseBearer(token: string): PresentedCredential {
  if (token.charCodeAt(credentialIdLength) !== 0x2e || token.length === credentialIdLength + 1) return malformed;
  return {
    kind: 'bearer',
    credentialId: token.slice(0, credentialIdLength).toLowerCase(),
    secret: token.slice(credentialIdLength + 1),
  };
}

function parseBasic(encoded: string): PresentedCredential {
  if (!base64.test(encoded)) return malformed;
  const userPass = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = userPass.indexOf(':');
  const slash = userPass.indexOf('/');
  if (slash < 1 || colon < slash || colon === userPass.length - 1) return malformed;
  const tenant = userPass.slice(0, slash);
  const device = percentDecoded(userPass.slice(slash + 1, colon));
  if (device === undefined || !isTenantId(tenant) || !isDeviceId(device)) return malformed;
  return { kind: 'basic', key: deviceKey(tenant, device), secret: userPass.slice(colon + 1) };
}

function percentDecoded(text: string): string | undefined {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
