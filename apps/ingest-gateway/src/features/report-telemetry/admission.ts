import { type Clock, parseDeviceKey } from '@myelin/kernel';
import type { AuthenticatedDevice, DeviceDirectory } from '@myelin/device-identity';
import type { StreamPublisher } from '@myelin/messaging';
import type { Problem } from '@myelin/service-kit';
import type { FailedAttempts } from '../../domain/failed-attempts.js';
import type { ReportRates } from '../../domain/report-rates.js';
import { rateHeaders } from './rate-headers.js';
import { refusal, type RefusalType, retryAfter } from './refusals.js';
import type { ReportCounters } from './report-counters.js';

export interface AdmissionParts {
  readonly directory: DeviceDirectory;
  readonly publisher: Pick<StreamPublisher, 'health'>;
  readonly rates: ReportRates;
  readonly failedAttempts: FailedAttempts;
  readonly counters: ReportCounters;
  readonly clock: Clock;
}

/** Where a request came from. */
export interface Client {
  /** Asked only of those who fail. */
  readonly address: string;
  /** The same object for every request of a connection. */
  readonly connection: object;
}

/** Filled in as soon as it is known, so that a refusal can be counted for its tenant, and logged for its device. */
export interface Whose {
  tenant?: string;
  device?: string;
}

const challenge = { 'www-authenticate': 'Basic realm="myelin", charset="UTF-8", Bearer realm="myelin"' };
const notActive = {
  created: 'device-not-active',
  provisioned: 'device-not-active',
  suspended: 'device-suspended',
  quarantined: 'device-quarantined',
  retired: 'device-retired',
} as const satisfies Record<string, RefusalType>;

/** Decides from the head of a request, before its body is read. */
export class Admission {
  constructor(private readonly parts: AdmissionParts) {}

  /**
   * The device that reports, when it may and when a report can be taken now.
   * @throws Problem unauthenticated, device-*, *-rate-exceeded, not-ready, overloaded, stream-unavailable
   */
  admit(authorization: string | undefined, client: Client, whose: Whose = {}): AuthenticatedDevice {
    const nowMs = this.parts.clock.nowMs();
    const device = this.#authenticated(authorization, client, nowMs, whose);
    whose.tenant = device.tenant;
    whose.device = device.device;
    this.assertRate(device, 1, nowMs);
    this.assertStream();
    return device;
  }

  /** @throws Problem device-rate-exceeded, tenant-rate-exceeded */
  assertRate(device: AuthenticatedDevice, count: number, nowMs: number): void {
    const verdict = this.parts.rates.check(device, count, nowMs);
    if (verdict.admitted) return;
    throw refusal(verdict.scope === 'device' ? 'device-rate-exceeded' : 'tenant-rate-exceeded', {
      headers: {
        ...rateHeaders(this.parts.rates, device, verdict.scope, nowMs),
        'retry-after': String(Math.ceil(verdict.waitMs / 1_000)),
      },
    });
  }

  /** @throws Problem overloaded, stream-unavailable */
  assertStream(): void {
    const { state } = this.parts.publisher.health;
    if (state !== 'ready') throw streamRefusal(state);
  }

  #authenticated(authorization: string | undefined, client: Client, nowMs: number, whose: Whose): AuthenticatedDevice {
    const outcome = this.parts.directory.authenticate(authorization, nowMs, client.connection);
    switch (outcome.kind) {
      case 'authenticated':
        return outcome.device;
      case 'unauthenticated':
        this.parts.counters.unauthenticated(outcome.reason);
        throw this.#unauthenticated(client, nowMs);
      case 'forbidden':
        Object.assign(whose, parseDeviceKey(outcome.key));
        throw refusal(notActive[outcome.lifecycle], { extensions: { lifecycle: outcome.lifecycle } });
      case 'incomplete':
        throw refusal('not-ready', { detail: `the ${outcome.missing} has not arrived`, headers: retryAfter(1, 2) });
      case 'not-ready':
        throw refusal('not-ready', { headers: retryAfter(1, 5) });
    }
  }

  #unauthenticated({ address }: Client, nowMs: number): Problem {
    const waitMs = this.parts.failedAttempts.record(address, nowMs);
    if (waitMs === 0) return refusal('unauthenticated', { headers: challenge });
    const seconds = Math.ceil(waitMs / 1_000);
    return refusal('too-many-failed-attempts', { headers: retryAfter(seconds, seconds + 5) });
  }
}

/** Why nothing can be written now. */
export function streamRefusal(state: 'full' | 'away' | 'closed' | 'failed'): Problem {
  return state === 'full'
    ? refusal('overloaded', { headers: retryAfter(1, 3) })
    : refusal('stream-unavailable', { headers: retryAfter(2, 10) });
}
