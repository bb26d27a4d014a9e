import { hash } from 'node:crypto';
import type { deviceCredentialsV1, deviceStateV1, PayloadOf, profileStateV1, tenantStateV1 } from '@myelin/contracts';
import { type DeviceKey, isDeviceId, isTenantId, parseDeviceKey } from '@myelin/kernel';
import type { AuthOutcome, DeviceProfile, TenantLimits, UnauthenticatedReason } from './auth-outcome.js';
import { CredentialColumns, credentialsPerDevice } from './credential-columns.js';
import { DeviceSlots, nobody } from './device-slots.js';
import { parseAuthorization } from './presented-credential.js';
import { limitsFrom, profileFrom } from './reference-tables.js';
import { StateColumns } from './state-columns.js';

type Refusal<Reason extends UnauthenticatedReason> = { readonly kind: 'unauthenticated'; readonly reason: Reason };
const refused = Object.fromEntries(
  (['missing', 'malformed', 'unknown', 'wrong-secret', 'expired', 'not-yet-valid'] as const).map((reason) => [
    reason,
    Object.freeze({ kind: 'unauthenticated', reason }),
  ]),
) as { readonly [Reason in UnauthenticatedReason]: Refusal<Reason> };

/** What a header claims, its secret hashed. */
type Claim =
  | { readonly kind: 'missing' | 'malformed' }
  | { readonly kind: 'bearer'; readonly credentialId: string; readonly digest: Buffer }
  | { readonly kind: 'basic'; readonly key: DeviceKey; readonly digest: Buffer };

/** A credential that was made a moment ago must count at an edge whose clock is slow; as much as `ts` may be ahead. */
export const slowClockMs = 300_000;

/** The four tables as one memory, without any broker. Synchronous, never throws; records may come in any order. */
export class DirectoryState {
  readonly #slots = new DeviceSlots();
  readonly #states = new StateColumns();
  readonly #credentials = new CredentialColumns();
  readonly #profiles = new Map<string, DeviceProfile>();
  readonly #tenants = new Map<string, TenantLimits>();
  /** A device says the same with every request of a connection: reading and hashing it again tells nothing new. */
  readonly #lastClaims = new WeakMap<object, { readonly header: string | undefined; readonly claim: Claim }>();

  applyDeviceState(key: string, state: PayloadOf<typeof deviceStateV1> | null): void {
    if (!isDeviceKey(key)) return;
    const slot = this.#slots.take(key);
    if (state === null) {
      this.#states.clear(slot);
      this.#releaseIfEmpty(slot);
      return;
    }
    const { tenant, index, lifecycle, profile } = state;
    this.#states.set(slot, { index, lifecycle, profileKey: `${tenant}/${profile}` });
  }

  applyCredentials(key: string, set: PayloadOf<typeof deviceCredentialsV1> | null): void {
    if (!isDeviceKey(key)) return;
    const slot = this.#slots.take(key);
    const credentials = (set?.credentials ?? []).map((credential) => ({
      id: credential.id.toLowerCase(),
      digest: Buffer.from(credential.secretSha256, 'base64url'),
      notBeforeMs: Date.parse(credential.notBefore),
      notAfterMs: credential.notAfter === undefined ? Infinity : Date.parse(credential.notAfter),
    }));
    this.#credentials.replace(slot, credentials);
    if (credentials.length === 0) this.#releaseIfEmpty(slot);
  }

  applyProfile(key: string, state: PayloadOf<typeof profileStateV1> | null): void {
    if (state === null) this.#profiles.delete(key);
    else this.#profiles.set(key, profileFrom(state));
  }

  applyTenant(key: string, state: PayloadOf<typeof tenantStateV1> | null): void {
    if (state === null) this.#tenants.delete(key);
    else this.#tenants.set(key, limitsFrom(state));
  }

  /**
   * One SHA-256 and comparisons in constant time, the same number for a device that exists and for one that does not.
   * The state of a device's life is told only to those who know its secret. `connection`: whatever stands for the
   * connection that the header came on; only what was read from the header is remembered with it, never the outcome.
   */
  authenticate(authorization: string | undefined, nowMs: number, connection?: object): AuthOutcome {
    const claim = connection === undefined ? claimOf(authorization) : this.#claimOn(connection, authorization);
    switch (claim.kind) {
      case 'missing':
      case 'malformed':
        return refused[claim.kind];
      case 'bearer':
        return this.#checkOne(this.#credentials.find(claim.credentialId), claim.digest, nowMs);
      case 'basic':
        return this.#checkAll(this.#slots.find(claim.key), claim.digest, nowMs);
    }
  }

  /** A device that somebody vouches for: no credential is looked at. */
  vouchedFor(key: DeviceKey): AuthOutcome {
    const slot = this.#slots.find(key);
    return slot === nobody || !this.#states.has(slot) ? refused.unknown : this.#admit(slot, key);
  }

  get counts(): { devices: number; credentials: number; profiles: number; tenants: number } {
    return {
      devices: this.#slots.count,
      credentials: this.#credentials.count,
      profiles: this.#profiles.size,
      tenants: this.#tenants.size,
    };
  }

  #claimOn(connection: object, header: string | undefined): Claim {
    const last = this.#lastClaims.get(connection);
    if (last !== undefined && last.header === header) return last.claim;
    const claim = claimOf(header);
    this.#lastClaims.set(connection, { header, claim });
    return claim;
  }

  #checkOne(position: number, digest: Buffer, nowMs: number): AuthOutcome {
    const slot = Math.floor(position / credentialsPerDevice);
    const matched = this.#credentials.matches(position, digest);
    if (!matched) return slot === nobody ? refused.unknown : refused['wrong-secret'];
    return this.#checkPeriod(position, slot, nowMs);
  }

  #checkAll(slot: number, digest: Buffer, nowMs: number): AuthOutcome {
    const first = slot * credentialsPerDevice;
    const firstMatches = this.#credentials.matches(first, digest);
    const secondMatches = this.#credentials.matches(first + 1, digest);
    if (firstMatches) return this.#checkPeriod(first, slot, nowMs);
    if (secondMatches) return this.#checkPeriod(first + 1, slot, nowMs);
    return slot === nobody ? refused.unknown : refused['wrong-secret'];
  }

  #checkPeriod(position: number, slot: number, nowMs: number): AuthOutcome {
    // Written so that an unreadable date (NaN) refuses.
    if (!(nowMs + slowClockMs >= this.#credentials.notBeforeMs(position))) return refused['not-yet-valid'];
    if (!(nowMs < this.#credentials.notAfterMs(position))) return refused.expired;
    return this.#admit(slot, this.#slots.keyOf(slot) as DeviceKey);
  }

  #admit(slot: number, key: DeviceKey): AuthOutcome {
    const lifecycle = this.#states.lifecycleOf(slot);
    if (lifecycle === undefined) return { kind: 'incomplete', missing: 'device-state' };
    if (lifecycle !== 'active') return { kind: 'forbidden', lifecycle, key };
    const { tenant, device } = parseDeviceKey(key);
    const profile = this.#profiles.get(this.#states.profileKeyOf(slot));
    if (profile === undefined) return { kind: 'incomplete', missing: 'profile' };
    const limits = this.#tenants.get(tenant);
    if (limits === undefined) return { kind: 'incomplete', missing: 'tenant' };
    return {
      kind: 'authenticated',
      device: { tenant, device, key, index: this.#states.indexOf(slot), profile, limits },
    };
  }

  #releaseIfEmpty(slot: number): void {
    if (!this.#states.has(slot) && !this.#credentials.has(slot)) this.#slots.release(slot);
  }
}

function isDeviceKey(key: string): key is DeviceKey {
  const slash = key.indexOf('/');
  return slash > 0 && isTenantId(key.slice(0, slash)) && isDeviceId(key.slice(slash + 1));
}

function claimOf(authorization: string | undefined): Claim {
  const presented = parseAuthorization(authorization);
  if (presented.kind !== 'basic' && presented.kind !== 'bearer') return presented;
  const { secret, ...named } = presented;
  return { ...named, digest: hash('sha256', secret, 'buffer') };
}
