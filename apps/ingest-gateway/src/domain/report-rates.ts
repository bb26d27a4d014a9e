import { PagedNumbers } from './paged-numbers.js';
import { policyOf, type RatePolicy, remaining, taken, waitMs } from './usage-meter.js';

export interface Reporter {
  readonly tenant: string;
  readonly index: number;
  readonly limits: { readonly messagesPerSecond: number; readonly messagesPerSecondPerDevice: number };
}

export type RateVerdict =
  | { readonly admitted: true }
  | { readonly admitted: false; readonly scope: 'device' | 'tenant'; readonly waitMs: number };

const admitted: RateVerdict = { admitted: true };

/**
 * Measurements per second of devices and of tenants. Eight bytes per device seen, one entry per tenant.
 * A tenant's rate is shared among `instances` gateways; a device is expected to talk to one of them at a time.
 */
export class ReportRates {
  readonly #devices = new PagedNumbers();
  readonly #tenants = new Map<string, number>();
  readonly #policies = new WeakMap<Reporter['limits'], { device: RatePolicy; tenant: RatePolicy }>();

  constructor(private readonly instances: number) {}

  /** Whether `count` measurements may come now. Takes nothing. */
  check(reporter: Reporter, count: number, nowMs: number): RateVerdict {
    const { device, tenant } = this.#policiesOf(reporter);
    const deviceWaitMs = waitMs(this.#devices.get(reporter.index), device, count, nowMs);
    if (deviceWaitMs > 0) return { admitted: false, scope: 'device', waitMs: deviceWaitMs };
    const tenantWaitMs = waitMs(this.#tenants.get(reporter.tenant) ?? 0, tenant, count, nowMs);
    if (tenantWaitMs > 0) return { admitted: false, scope: 'tenant', waitMs: tenantWaitMs };
    return admitted;
  }

  take(reporter: Reporter, count: number, nowMs: number): void {
    const { device, tenant } = this.#policiesOf(reporter);
    this.#devices.set(reporter.index, taken(this.#devices.get(reporter.index), device, count, nowMs));
    this.#tenants.set(reporter.tenant, taken(this.#tenants.get(reporter.tenant) ?? 0, tenant, count, nowMs));
  }

  /** What is left of a scope's burst, and its policy. */
  state(reporter: Reporter, scope: 'device' | 'tenant', nowMs: number): { policy: RatePolicy; remaining: number } {
    const policy = this.#policiesOf(reporter)[scope];
    const paidBackAtMs =
      scope === 'device' ? this.#devices.get(reporter.index) : (this.#tenants.get(reporter.tenant) ?? 0);
    return { policy, remaining: remaining(paidBackAtMs, policy, nowMs) };
  }

  #policiesOf({ limits }: Reporter): { device: RatePolicy; tenant: RatePolicy } {
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
