import { PagedNumbers } from './paged-numbers.js';
import { owedNow, policyOf, type RatePolicy, remaining, waitMs } from './usage-meter.js';

export interface Reporter {
  readonly tenant: string;
  readonly index: number;
  readonly limits: { readonly messagesPerSecond: number; readonly messagesPerSecondPerDevice: number };
}

export type RateScope = 'device' | 'tenant';

export type RateVerdict =
  { readonly admitted: true } | { readonly admitted: false; readonly scope: RateScope; readonly waitMs: number };

const admitted: RateVerdict = { admitted: true };

/**
 * Measurements per second of devices and of tenants. Sixteen bytes per device seen, one entry per tenant.
 * A tenant's rate is shared among `instances` gateways; a device is expected to talk to one of them at a time.
 */
export class ReportRates {
  readonly #owedByDevice = new PagedNumbers();
  readonly #notedByDevice = new PagedNumbers();
  readonly #tenants = new Map<string, { owed: number; atMs: number }>();
  readonly #policies = new WeakMap<Reporter['limits'], Record<RateScope, RatePolicy>>();

  constructor(private readonly instances: number) {}

  /** Whether `count` measurements may come now. Takes nothing. */
  check(reporter: Reporter, count: number, nowMs: number): RateVerdict {
    const { device, tenant } = this.#policiesOf(reporter);
    const deviceWaitMs = waitMs(this.#owedByDeviceNow(reporter.index, device, nowMs), device, count);
    if (deviceWaitMs > 0) return { admitted: false, scope: 'device', waitMs: deviceWaitMs };
    const tenantWaitMs = waitMs(this.#owedByTenantNow(reporter.tenant, tenant, nowMs), tenant, count);
    if (tenantWaitMs > 0) return { admitted: false, scope: 'tenant', waitMs: tenantWaitMs };
    return admitted;
  }

  take({ tenant, index, limits }: Reporter, count: number, nowMs: number): void {
    const policies = this.#policiesOf({ limits });
    this.#owedByDevice.set(index, this.#owedByDeviceNow(index, policies.device, nowMs) + count);
    this.#notedByDevice.set(index, nowMs);
    this.#tenants.set(tenant, { owed: this.#owedByTenantNow(tenant, policies.tenant, nowMs) + count, atMs: nowMs });
  }

  /** What is left of a scope's burst, and its policy. */
  state(reporter: Reporter, scope: RateScope, nowMs: number): { policy: RatePolicy; remaining: number } {
    const policy = this.#policiesOf(reporter)[scope];
    const owed =
      scope === 'device'
        ? this.#owedByDeviceNow(reporter.index, policy, nowMs)
        : this.#owedByTenantNow(reporter.tenant, policy, nowMs);
    return { policy, remaining: remaining(owed, policy) };
  }

  #owedByDeviceNow(index: number, policy: RatePolicy, nowMs: number): number {
    return owedNow(this.#owedByDevice.get(index), this.#notedByDevice.get(index), policy, nowMs);
  }

  #owedByTenantNow(tenant: string, policy: RatePolicy, nowMs: number): number {
    const noted = this.#tenants.get(tenant);
    return noted === undefined ? 0 : owedNow(noted.owed, noted.atMs, policy, nowMs);
  }

  #policiesOf({ limits }: Pick<Reporter, 'limits'>): Record<RateScope, RatePolicy> {
    let policies = this.#policies.get(limits);
    if (policies === undefined) {
      policies = {
        device: policyOf(limits.messagesPerSecondPerDevice),
        tenant: policyOf(limits.messagesPerSecond / this.instances),
      };
      this.#policies.set(limits, policies);
    }
    return policies;
  }
}
