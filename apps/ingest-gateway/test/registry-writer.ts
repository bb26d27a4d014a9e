import { createHash, randomBytes } from 'node:crypto';
import {
  type Lifecycle,
  deviceCredentialsV1,
  deviceStateV1,
  type EventContract,
  profileStateV1,
  tenantStateV1,
  traceRequestStateV1,
} from '@myelin/contracts';
import { uuidv7 } from '@myelin/kernel';
import { createRecordPublisher, encodeEvent, type KafkaSettings, type RecordPublisher } from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';
import { aDeviceState, aProfile, aTenant, type ProfilePayload, type TenantPayload } from '@myelin/testing';

export interface RegisteredDevice {
  readonly tenant: string;
  readonly device: string;
  readonly index: number;
  readonly credentialId: string;
  readonly secret: string;
  /** `Authorization` with Basic. */
  readonly basic: string;
  /** `Authorization` with Bearer. */
  readonly bearer: string;
}

export interface DeviceOptions {
  readonly tenant?: string;
  readonly profile?: string;
  readonly lifecycle?: Lifecycle;
  readonly notBefore?: string;
  readonly notAfter?: string;
}

/** Writes what the registry would publish. */
export class RegistryWriter {
  #version = 0;
  #nextIndex = 1;

  private constructor(private readonly publisher: RecordPublisher) {}

  static async connect(settings: KafkaSettings): Promise<RegistryWriter> {
    const publisher = createRecordPublisher(settings, silentLogger);
    await publisher.connect();
    return new RegistryWriter(publisher);
  }

  async tenant(tenant: string, limits: Partial<TenantPayload['limits']> = {}): Promise<void> {
    const generous = { maxDevices: 1_000, messagesPerSecond: 1e6, messagesPerSecondPerDevice: 1e6 };
    await this.#send(tenantStateV1, tenant, aTenant({ tenant, limits: { ...generous, ...limits } }));
  }

  async profile(tenant: string, overrides: Partial<ProfilePayload> = {}): Promise<void> {
    const state = aProfile({ tenant, ...overrides });
    await this.#send(profileStateV1, `${tenant}/${state.profile}`, state);
  }

  async device(device: string, options: DeviceOptions = {}): Promise<RegisteredDevice> {
    const { tenant = 'acme', profile = 'thermometer', lifecycle = 'active' } = options;
    const index = this.#nextIndex++;
    const credentialId = uuidv7();
    const secret = randomBytes(32).toString('base64url');
    const user = `${tenant}/${encodeURIComponent(device)}`;
    const registered = {
      ...{ tenant, device, index, credentialId, secret },
      basic: `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`,
      bearer: `Bearer ${credentialId}.${secret}`,
    };
    await this.lifecycle(registered, lifecycle, profile);
    await this.credentials(registered, [{ notBefore: '2026-01-01T00:00:00.000Z', ...options }]);
    return registered;
  }

  async lifecycle(device: RegisteredDevice, lifecycle: Lifecycle, profile = 'thermometer'): Promise<void> {
    const { tenant, index } = device;
    const state = aDeviceState({ tenant, device: device.device, index, profile, lifecycle });
    await this.#send(deviceStateV1, `${tenant}/${device.device}`, state);
  }

  /** The credentials of a device, all with its secret; none = revoked. */
  async credentials(
    device: RegisteredDevice,
    periods: readonly { notBefore?: string; notAfter?: string }[],
  ): Promise<void> {
    const credentials = periods.map(({ notBefore = '2026-01-01T00:00:00.000Z', notAfter }) => ({
      id: device.credentialId,
      kind: 'secret' as const,
      secretSha256: createHash('sha256').update(device.secret).digest('base64url'),
      notBefore,
      ...(notAfter === undefined ? {} : { notAfter }),
    }));
    const { tenant } = device;
    const state = { tenant, device: device.device, credentials, version: 1 };
    await this.#send(deviceCredentialsV1, `${tenant}/${device.device}`, state);
  }

  /** As a trace request of an operator. */
  async follow({ tenant, device }: RegisteredDevice, untilMs: number): Promise<void> {
    const state = { tenant, device, until: new Date(untilMs).toISOString(), version: 1 };
    await this.#send(traceRequestStateV1, `${tenant}/${device}`, state);
  }

  close(): Promise<void> {
    return this.publisher.close();
  }

  async #send<Payload>(contract: EventContract<Payload>, key: string, payload: Payload): Promise<void> {
    const version = ++this.#version;
    const state = { ...payload, version };
    await this.publisher.send([encodeEvent({ contract, key, payload: state, version }, '/device-registry')]);
  }
}
