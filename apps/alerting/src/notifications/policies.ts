import { CodedError } from '@myelin/kernel';
import type { EntityManager } from 'typeorm';
import type { Policy } from '../domain/notifying/policy.js';
import { readPolicy } from '../domain/notifying/read-policy.js';
import { findPolicy, policyVersion } from '../persistence/policies.repository.js';

/** `policy.unreadable`: what is stored was put by a later version of this service. */
export class PolicyError extends CodedError<'policy.unreadable'> {}

export interface VersionedPolicy {
  readonly version: number;
  readonly policy: Policy;
}

const maxCompiled = 1_000;

/** The policies of all tenants as they can be carried out, each version read once. */
export class Policies {
  private readonly compiled = new Map<string, VersionedPolicy>();

  /** As it is stored now; undefined: the tenant has none. @throws PolicyError */
  async of(db: EntityManager, tenant: string): Promise<VersionedPolicy | undefined> {
    const version = await policyVersion(db, tenant);
    const known = this.compiled.get(tenant);
    if (version === undefined || known?.version === version) return version === undefined ? undefined : known;
    const row = await findPolicy(db, tenant);
    if (row === null) return undefined;
    const read = readPolicy(row.definition);
    if (!read.ok) {
      const details = { tenant, version: row.version };
      throw PolicyError.retryable('policy.unreadable', `the policy of ${tenant} cannot be read`, { details });
    }
    const compiled = { version: row.version, policy: read.value };
    this.remember(tenant, compiled);
    return compiled;
  }

  private remember(tenant: string, policy: VersionedPolicy): void {
    const [oldest] = this.compiled.keys();
    if (oldest !== undefined && this.compiled.size >= maxCompiled) this.compiled.delete(oldest);
    this.compiled.set(tenant, policy);
  }
}
