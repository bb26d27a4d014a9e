import {
  type CryptoKey,
  type FlattenedJWSInput,
  type JWSHeaderParameters,
  type RemoteJWKSet,
  createRemoteJWKSet,
  errors,
} from 'jose';
import { AuthError } from './auth.errors.js';
import type { OperatorAuthSettings } from './operator-auth.settings.js';

const fetchTimeoutMs = 3_000;
/** An unknown key id asks the issuer again at most this often. */
const unknownKeyCooldownMs = 10_000;
/** Keys in use are read again after this, so that withdrawn ones stop working. */
const refreshAfterMs = 600_000;
/** Known keys serve this long while the issuer is away. */
const keepForMs = 24 * 3_600_000;
/** After a failure nobody waits for the issuer for this long. */
const failureCooldownMs = 1_000;

/**
 * The issuer's public keys: found by discovery or at `jwksUrl`, cached, refreshed in the background, and kept while the
 * issuer is away.
 */
export class IssuerKeys {
  readonly #settings: OperatorAuthSettings;
  #keys: Promise<RemoteJWKSet> | undefined;
  #refreshedAtMs = 0;
  #failedAtMs = Number.NEGATIVE_INFINITY;

  constructor(settings: OperatorAuthSettings) {
    this.#settings = settings;
  }

  /** The key that a token's header names. @throws AuthError auth.keys-unavailable; jose's JWKSNoMatchingKey */
  async keyOf(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    try {
      const keys = await this.#discovered();
      this.#refreshInBackground(keys);
      return await keys(header, token);
    } catch (cause) {
      if (cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWKSMultipleMatchingKeys) throw cause;
      if (cause instanceof AuthError || cause instanceof errors.JOSENotSupported) throw cause;
      this.#failedAtMs = performance.now();
      throw AuthError.retryable('auth.keys-unavailable', "the issuer's keys cannot be read", { cause });
    }
  }

  #discovered(): Promise<RemoteJWKSet> {
    const cached = this.#keys !== undefined;
    if (!cached && performance.now() - this.#failedAtMs < failureCooldownMs) {
      throw AuthError.retryable('auth.keys-unavailable', "the issuer's keys could not be read a moment ago");
    }
    this.#keys ??= this.#discover().catch((error: unknown) => {
      this.#keys = undefined;
      throw error;
    });
    return this.#keys;
  }

  async #discover(): Promise<RemoteJWKSet> {
    const url = this.#settings.jwksUrl ?? (await discoverJwksUrl(this.#settings.issuer));
    const timings = { timeoutDuration: fetchTimeoutMs, cooldownDuration: unknownKeyCooldownMs, cacheMaxAge: keepForMs };
    const keys = createRemoteJWKSet(new URL(url), timings);
    await keys.reload();
    this.#refreshedAtMs = performance.now();
    return keys;
  }

  #refreshInBackground(keys: RemoteJWKSet): void {
    if (performance.now() - this.#refreshedAtMs < refreshAfterMs) return;
    this.#refreshedAtMs = performance.now();
    keys.reload().catch(() => undefined); // the known keys go on serving
  }
}

/** OpenID Connect Discovery 1.0, section 4: the document must name exactly the issuer that was asked for. */
async function discoverJwksUrl(issuer: string): Promise<string> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(address, { signal: AbortSignal.timeout(fetchTimeoutMs), redirect: 'error' });
  if (!response.ok) throw new Error(`${address} answered ${response.status}`);
  const document = (await response.json()) as { readonly issuer?: unknown; readonly jwks_uri?: unknown };
  if (document.issuer !== issuer) throw new Error(`${address} speaks for another issuer`);
  if (typeof document.jwks_uri !== 'string' || !URL.canParse(document.jwks_uri)) throw new Error('no jwks_uri');
  return document.jwks_uri;
}
