import { type JWTPayload, errors, jwtVerify } from 'jose';
import { isTenantId } from '@myelin/kernel';
import { AuthError } from './auth.errors.js';
import { IssuerKeys } from './issuer-keys.js';
import type { Operator, Role } from './operator.js';
import { type OperatorAuthSettings, defaultAlgorithms } from './operator-auth.settings.js';
import { isRole } from './roles.js';

/** Why a token was refused; `reason` is safe to show. */
export class TokenRefused extends Error {
  constructor(
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(reason, options);
    this.name = 'TokenRefused';
  }
}

/** Only signatures by a key pair: with `none` or a shared secret anybody who knows the public key could sign. */
const asymmetric = /^(ES(256|384|512)|RS(256|384|512)|PS(256|384|512)|EdDSA|Ed25519)$/;

/** Checks operators' tokens: signature, issuer, audience, times, and the claims `myelin_tenant` and `myelin_roles`. */
export class TokenVerifier {
  readonly #settings: OperatorAuthSettings;
  readonly #algorithms: string[];
  readonly #keys: IssuerKeys;

  /** @throws AuthError auth.settings-invalid */
  constructor(settings: OperatorAuthSettings) {
    this.#settings = settings;
    this.#algorithms = [...(settings.algorithms ?? defaultAlgorithms)];
    const refused = this.#algorithms.filter((algorithm) => !asymmetric.test(algorithm));
    if (refused.length > 0 || this.#algorithms.length === 0) {
      const found = refused.join(', ') || 'none at all';
      throw AuthError.permanent('auth.settings-invalid', `token algorithms must be asymmetric, found ${found}`);
    }
    if (settings.audience === '' || !URL.canParse(settings.issuer)) {
      throw AuthError.permanent('auth.settings-invalid', 'an issuer URL and an audience are needed');
    }
    this.#keys = new IssuerKeys(settings);
  }

  /** @throws TokenRefused; AuthError auth.keys-unavailable while the issuer does not answer */
  async verify(token: string): Promise<Operator> {
    return operatorFrom(await this.#payloadOf(token));
  }

  async #payloadOf(token: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, (header, jws) => this.#keys.keyOf(header, jws), {
        issuer: this.#settings.issuer,
        audience: this.#settings.audience,
        algorithms: this.#algorithms,
        clockTolerance: (this.#settings.clockToleranceMs ?? 5_000) / 1_000,
        requiredClaims: ['exp', 'sub'],
      });
      return payload;
    } catch (cause) {
      if (cause instanceof AuthError) throw cause;
      throw new TokenRefused(reasonOf(cause), { cause });
    }
  }
}

function operatorFrom(payload: JWTPayload): Operator {
  const { sub, myelin_tenant: tenant, myelin_roles: claimed } = payload;
  if (typeof sub !== 'string' || sub === '') throw new TokenRefused('the token names no subject');
  if (typeof tenant !== 'string' || !isTenantId(tenant)) throw new TokenRefused('the token names no tenant');
  const roles: Role[] = Array.isArray(claimed) ? claimed.filter(isRole) : [];
  return { subject: sub, tenant, roles };
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'the token is expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    return error.reason === 'missing'
      ? `the token has no ${error.claim}`
      : `the token's ${error.claim} is not accepted`;
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return 'the signature algorithm is not accepted';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'the signature is wrong';
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return 'the key that signed the token is not known';
  }
  return 'the token is malformed';
}
