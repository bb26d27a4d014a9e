import { randomBytes, timingSafeEqual } from 'node:crypto';
import { isTenantId } from '@myelin/kernel';
import type { GatewayClaim } from '../../ddi/credentials.js';
import { isTenantOfPath } from '../../ddi/route-match.js';

/** As `GATEWAY_TOKENS` is written: tenants, each with the SHA-256 of its token in hex. */
export const gatewayTokensPattern = /^[A-Za-z0-9_-]{1,64}=[0-9a-f]{64}(\s*,\s*[A-Za-z0-9_-]{1,64}=[0-9a-f]{64})*$/;

/** A token for all devices of a tenant, by which a gateway speaks for each of them. Tenants have none unless one is configured. */
export class GatewayTokens {
  private readonly hashes: ReadonlyMap<string, Buffer>;
  /** Compared with where there is none: a tenant that has no token takes as long as one that has another. */
  private readonly nobodys = randomBytes(32);

  /** @param written in the form of the pattern; of a tenant that comes twice the last one counts */
  constructor(written: string | undefined) {
    const pairs = (written ?? '').split(',').map((pair) => pair.trim().split('='));
    this.hashes = new Map(
      pairs.flatMap(([tenant = '', sha256 = '']) =>
        isTenantId(tenant) ? [[tenant, Buffer.from(sha256, 'hex')] as const] : [],
      ),
    );
  }

  /** The tenant that the path names, if the token is its own. */
  tenantOf(claim: GatewayClaim, pathTenant: string): string | undefined {
    const tenant = this.hashes.has(pathTenant)
      ? pathTenant
      : [...this.hashes.keys()].find((each) => isTenantOfPath(pathTenant, each));
    const expected = tenant === undefined ? this.nobodys : (this.hashes.get(tenant) ?? this.nobodys);
    return timingSafeEqual(expected, claim.tokenSha256) ? tenant : undefined;
  }
}
