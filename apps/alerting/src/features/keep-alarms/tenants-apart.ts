import { CodedError, isRetryable } from '@myelin/kernel';
import type { PersistenceErrorCode } from '@myelin/persistence';

const away: PersistenceErrorCode = 'database.unavailable';

/** What one step does for several tenants: what fails of one holds up nobody else, and is tried anew by the next step. */
export class TenantsApart {
  private readonly failures: { readonly tenant: string; readonly error: unknown }[] = [];
  private readonly postponed = new Set<string>();

  /** Those of whom something failed. */
  get failing(): readonly string[] {
    return [...new Set(this.failures.map(({ tenant }) => tenant))];
  }

  /**
   * Does it unless the tenant is to be tried later: after a time-out or conflict the rest of what is its own would wait as
   * long, and everybody else with it. @throws PersistenceError database.unavailable, for then all would fail
   */
  async attempt(tenant: string, work: () => Promise<void>): Promise<void> {
    if (this.postponed.has(tenant)) return;
    try {
      await work();
    } catch (error) {
      if (error instanceof CodedError && error.code === away) throw error;
      this.failures.push({ tenant, error });
      if (isRetryable(error)) this.postponed.add(tenant);
    }
  }

  /** To be called at the end of the step. @throws the first failure, if there was one */
  end(): void {
    const [first] = this.failures;
    if (first !== undefined) throw first.error;
  }
}
