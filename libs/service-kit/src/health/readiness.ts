import { CodedError, describeError } from '@myelin/kernel';
import type { Logger } from '@myelin/observability';
import type { HealthCheck } from './health-check.js';

export interface CheckResult {
  readonly name: string;
  readonly healthy: boolean;
  readonly critical: boolean;
  /** Why not: code and message of our own errors, only the class of others. */
  readonly detail?: string;
  readonly ms: number;
}

export interface ReadinessReport {
  readonly status: 'starting' | 'ready' | 'unhealthy' | 'stopping';
  readonly checks: readonly CheckResult[];
}

export interface StartupReport {
  readonly status: 'starting' | 'started' | 'stopping';
  /** Critical checks that have never passed; `consumers` while they are being started. */
  readonly waitsFor: readonly string[];
}

const checkTimeoutMs = 2_000;

/** Whether a service should get requests. Requests that come in together share one round of checks. */
export class Readiness {
  phase: 'starting' | 'running' | 'stopping' = 'starting';
  checks: readonly HealthCheck[] = [];
  #round: Promise<readonly CheckResult[]> | undefined;
  #started = false;
  readonly #told = new Map<string, 'waits' | 'passes' | 'fails'>();

  constructor(private readonly logger: Logger) {}

  get stopping(): boolean {
    return this.phase === 'stopping';
  }

  async report(): Promise<ReadinessReport> {
    if (this.phase !== 'running') return { status: this.phase, checks: [] };
    const checks = await this.#results();
    const ready = checks.every(({ healthy, critical }) => healthy || !critical);
    return { status: ready ? 'ready' : 'unhealthy', checks };
  }

  /** Complete once consumers run and every critical check has passed once; from then on whatever becomes of the checks. */
  async startup(): Promise<StartupReport> {
    if (this.#started) return { status: 'started', waitsFor: [] };
    if (this.phase === 'stopping') return { status: 'stopping', waitsFor: [] };
    await this.#results();
    const waiting = this.checks.filter(({ name, critical }) => critical && !this.#hasPassed(name));
    const waitsFor = [...(this.phase === 'starting' ? ['consumers'] : []), ...waiting.map(({ name }) => name)];
    this.#started = waitsFor.length === 0;
    return { status: this.#started ? 'started' : 'starting', waitsFor };
  }

  #results(): Promise<readonly CheckResult[]> {
    this.#round ??= Promise.all(this.checks.map((check) => this.#run(check))).finally(() => (this.#round = undefined));
    return this.#round;
  }

  #hasPassed(name: string): boolean {
    const told = this.#told.get(name);
    return told === 'passes' || told === 'fails';
  }

  async #run(check: HealthCheck): Promise<CheckResult> {
    const startedAt = performance.now();
    const failure = await outcomeOf(check);
    const { name, critical } = check;
    const ms = Math.round(performance.now() - startedAt);
    this.#logChange(name, failure);
    if (failure === undefined) return { name, healthy: true, critical, ms };
    const { error } = failure;
    const detail = error instanceof CodedError ? `${error.code}: ${error.message}` : nameOf(error);
    return { name, healthy: false, critical, detail, ms };
  }

  /** Changes only. A check that has never passed belongs to starting up; one that passed and fails is worth a warning. */
  #logChange(name: string, failure: { readonly error: unknown } | undefined): void {
    const before = this.#told.get(name);
    const now = failure === undefined ? 'passes' : before === undefined || before === 'waits' ? 'waits' : 'fails';
    this.#told.set(name, now);
    if (before === now) return;
    const line = { check: name, ...(failure === undefined ? {} : { reason: describeError(failure.error) }) };
    if (now === 'fails') this.logger.warn(line, 'health check fails');
    else if (now === 'waits') this.logger.info(line, 'health check does not pass yet');
    else if (before !== undefined) this.logger.info(line, 'health check passes');
  }
}

async function outcomeOf(check: HealthCheck): Promise<{ readonly error: unknown } | undefined> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new CheckTimeout(`no answer within ${checkTimeoutMs} ms`)), checkTimeoutMs);
  try {
    await Promise.race([check.check(), late]);
    return undefined;
  } catch (error) {
    return { error };
  } finally {
    clearTimeout(timer);
  }
}

class CheckTimeout extends Error {
  override readonly name = 'CheckTimeout';
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'failed';
}
