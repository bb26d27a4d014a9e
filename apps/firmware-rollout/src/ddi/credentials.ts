import { hash } from 'node:crypto';

/**
 * Who a request claims to come from. What is secret in it is kept from every logger: `JSON.stringify` and `inspect`
 * show the kind alone.
 */
export type DdiClaim = DeviceClaim | GatewayClaim | { readonly kind: 'missing' } | { readonly kind: 'malformed' };

/** A device by its own credential. */
export class DeviceClaim {
  readonly kind = 'device';
  readonly #authorization: string;

  constructor(authorization: string) {
    this.#authorization = authorization;
  }

  /** As the device directory takes it: `Bearer <credentialId>.<secret>`. */
  get authorization(): string {
    return this.#authorization;
  }
}

/** A protocol gateway that acts for any device of its tenant. */
export class GatewayClaim {
  readonly kind = 'gateway';
  readonly #tokenSha256: Buffer;

  constructor(tokenSha256: Buffer) {
    this.#tokenSha256 = tokenSha256;
  }

  /** 32 bytes, to be compared in constant time. */
  get tokenSha256(): Buffer {
    return this.#tokenSha256;
  }
}

const missing: DdiClaim = { kind: 'missing' };
const malformed: DdiClaim = { kind: 'malformed' };
/** As hawkBit limits it. */
const longestToken = 128;
const idLength = 36; // a UUID

/**
 * `Authorization: TargetToken <token>` and `GatewayToken <token>`, the scheme in any case. The first token is of our own form,
 * `<credentialId>.<secret>`; the second one is whatever was agreed on. `Bearer` is taken as `TargetToken`. Never throws.
 */
export function parseDdiAuthorization(header: string | undefined): DdiClaim {
  if (header === undefined || header === '') return missing;
  const space = header.indexOf(' ');
  if (space < 0 || header.length > space + 1 + 2 * longestToken) return malformed;
  const token = header.slice(space + 1).trim();
  const scheme = header.slice(0, space).toLowerCase();
  if (token === '' || token.length > longestToken || (scheme !== 'gatewaytoken' && !hasTokenForm(token)))
    return malformed;
  switch (scheme) {
    case 'targettoken':
    case 'bearer':
      return new DeviceClaim(`Bearer ${token}`);
    case 'gatewaytoken':
      return new GatewayClaim(hash('sha256', token, 'buffer'));
    default:
      return malformed;
  }
}

function hasTokenForm(token: string): boolean {
  return token.length > idLength + 1 && token.charCodeAt(idLength) === 0x2e;
}
