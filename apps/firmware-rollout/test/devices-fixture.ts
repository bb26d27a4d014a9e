import { createHash, randomBytes } from 'node:crypto';
import {
  type EventContract,
  type Lifecycle,
  deviceCredentialsV1,
  deviceStateV1,
  profileStateV1,
  tenantStateV1,
  traceRequestStateV1,
} from '@myelin/contracts';
import { uuidv7 } from '@myelin/kernel';
import { type KafkaSettings, type RecordPublisher, createRecordPublisher, encodeEvent } from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';
import { inTransaction } from '@myelin/persistence';
import { aDeviceState, aProfile, aTenant, waitFor } from '@myelin/testing';
import { applyEvent } from '../src/assignments/apply-event.js';
import { rolloutOfAssignment } from '../src/assignments/carry-out-effects.js';
import type { AssignmentEvent } from '../src/domain/assignments/change-assignment.js';
import type { RolloutDefinition } from '../src/domain/rollouts/rollout-definition.js';
import { AssignmentEntity } from '../src/persistence/assignment.entity.js';
import { DeviceEntity } from '../src/persistence/device.entity.js';
import { insertRollout, lockRollout } from '../src/persistence/rollouts.repository.js';
import { beginRollout } from '../src/rollouts/begin-rollout.js';
import { uploadArtifact } from './artifact-client.js';
import type { FirmwareFixture } from './firmware-fixture.js';

export interface RegisteredDevice {
  readonly tenant: string;
  readonly device: string;
  readonly index: number;
  readonly credentialId: string;
  readonly secret: string;
  /** `Authorization` as update clients send it. */
  readonly authorization: string;
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

  async tenant(tenant: string, profile = 'thermometer'): Promise<void> {
    await this.#send(tenantStateV1, tenant, aTenant({ tenant }));
    await this.#send(profileStateV1, `${tenant}/${profile}`, aProfile({ tenant, profile }));
  }

  async device(tenant: string, device: string, lifecycle: Lifecycle = 'active'): Promise<RegisteredDevice> {
    const [credentialId, secret] = [uuidv7(), randomBytes(32).toString('base64url')];
    const authorization = `TargetToken ${credentialId}.${secret}`;
    const registered = { tenant, device, index: this.#nextIndex++, credentialId, secret, authorization };
    await this.lifecycle(registered, lifecycle);
    await this.credentials(registered, true);
    return registered;
  }

  async lifecycle({ tenant, device, index }: RegisteredDevice, lifecycle: Lifecycle): Promise<void> {
    const state = aDeviceState({ tenant, device, index, lifecycle, metadata: {} });
    await this.#send(deviceStateV1, `${tenant}/${device}`, state);
  }

  /** @param isValid false = revoked */
  async credentials({ tenant, device, credentialId, secret }: RegisteredDevice, isValid: boolean): Promise<void> {
    const secretSha256 = createHash('sha256').update(secret).digest('base64url');
    const known = { id: credentialId, kind: 'secret' as const, secretSha256, notBefore: '2026-01-01T00:00:00.000Z' };
    const state = { tenant, device, credentials: isValid ? [known] : [], version: 1 };
    await this.#send(deviceCredentialsV1, `${tenant}/${device}`, state);
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
    await this.publisher.send([encodeEvent({ contract, key, payload: state, version }, '/registry/test')]);
  }
}

export interface DeviceAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly bytes: Buffer;
  /** `{}` for what is not JSON. */
  readonly body: { readonly [member: string]: unknown };
}

/** A device as its update client is on the wire: by default as one that nobody knows by its `User-Agent`. */
export class DeviceClient {
  constructor(
    readonly url: string,
    readonly of: RegisteredDevice,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  get base(): string {
    return `${this.url}/${this.of.tenant}/controller/v1/${this.of.device}`;
  }

  poll(headers: Record<string, string> = {}): Promise<DeviceAnswer> {
    return this.get('', headers);
  }

  /** @param rest behind the controller id, or a link that was given */
  get(rest: string, headers: Record<string, string> = {}): Promise<DeviceAnswer> {
    return this.send('GET', rest, undefined, headers);
  }

  feedback(
    actionId: string,
    [execution, finished]: readonly [execution: string, finished: string],
    { details = [], on = 'deploymentBase' }: { readonly details?: readonly string[]; readonly on?: string } = {},
  ): Promise<DeviceAnswer> {
    const status = { execution, result: { finished }, details };
    return this.send('POST', `/${on}/${actionId}/feedback`, JSON.stringify({ id: actionId, status }));
  }

  async send(method: string, rest: string, body?: string, headers: Record<string, string> = {}): Promise<DeviceAnswer> {
    const response = await fetch(rest.startsWith('http') ? rest : `${this.base}${rest}`, {
      method,
      headers: {
        ...{ authorization: this.of.authorization, ...this.headers },
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const text = bytes.toString();
    const isJson = response.headers.get('content-type')?.includes('json') === true && text !== '';
    return {
      ...{ status: response.status, headers: response.headers, text, bytes },
      body: isJson ? (JSON.parse(text) as DeviceAnswer['body']) : {},
    };
  }

  /** Polls until there is a link with this name. */
  linked(name: string): Promise<string> {
    const what = `a link ${name} for ${this.of.device}`;
    return waitFor(async () => linksOf(await this.poll())[name]?.href, { timeoutMs: 60_000, what });
  }

  /** Polls until there is none. */
  unlinked(name: string): Promise<unknown> {
    const isGone = async (): Promise<boolean> => {
      const root = await this.poll();
      return root.status === 200 && linksOf(root)[name] === undefined;
    };
    return waitFor(isGone, { timeoutMs: 60_000, what: `no link ${name} for ${this.of.device}` });
  }

  /** Waits for a deployment: its id. */
  async offered(): Promise<string> {
    return actionIdOf(await this.linked('deploymentBase'));
  }
}

export function linksOf({ body }: Pick<DeviceAnswer, 'body'>): Readonly<Record<string, { readonly href: string }>> {
  return (body['_links'] ?? {}) as Record<string, { readonly href: string }>;
}

export function actionIdOf(href: string): string {
  return /\/(\d+)(\?|$)/.exec(href)?.[1] ?? '';
}

/** As much of the service as a fleet needs, in this process or in another. */
export type ServiceOfFleet = Pick<FirmwareFixture, 'as' | 'database'> & { readonly service: { readonly url: string } };

/** A tenant whose devices may be given what nobody has signed, and its published releases. */
export class Fleet {
  private constructor(
    readonly fixture: ServiceOfFleet,
    readonly registry: RegistryWriter,
    readonly tenant: string,
  ) {}

  static async of(fixture: ServiceOfFleet, registry: RegistryWriter, tenant = uuidv7()): Promise<Fleet> {
    await registry.tenant(tenant);
    const admin = await fixture.as(tenant, 'admin');
    await admin.put('/v1/firmware-policies/thermometer', { unsigned: 'accepted', threshold: 1 });
    return new Fleet(fixture, registry, tenant);
  }

  /** A device that is known everywhere. */
  async device(name: string, headers?: Readonly<Record<string, string>>): Promise<DeviceClient> {
    const device = new DeviceClient(this.fixture.service.url, await this.registry.device(this.tenant, name), headers);
    await waitFor(async () => (await device.poll()).status === 200, {
      timeoutMs: 60_000,
      what: `${name} to be let in`,
    });
    const { manager } = this.fixture.database.dataSource;
    const isStored = async (): Promise<boolean> =>
      (await manager.findOneBy(DeviceEntity, { tenant: this.tenant, device: name })) !== null;
    await waitFor(isStored, { timeoutMs: 60_000, what: `${name} to be stored` });
    return device;
  }

  /** @returns the release's slug */
  async release(content: Buffer, version: string, body: object = {}): Promise<string> {
    const manager = await this.fixture.as(this.tenant);
    const sha256 = await uploadArtifact(manager, content, 'fw.swu');
    const path = `/v1/releases/thermometer-${version.replaceAll('.', '-')}`;
    const release = {
      version,
      profile: 'thermometer',
      hardware: ['board:1.0'],
      artifacts: [{ filename: 'fw.swu', sha256 }],
    };
    const draft = await manager.put(path, { ...release, ...body });
    if (draft.status !== 201) throw new Error(`the draft was refused: ${draft.status} ${draft.text}`);
    const published = await manager.post(`${path}/publish`, undefined, { 'if-match': draft.etag });
    if (published.status !== 200) throw new Error(`not published: ${published.status} ${published.text}`);
    return path.slice('/v1/releases/'.length);
  }

  /** Starts a rollout of a release over the devices that are there now; the running engine does the rest. @returns its id */
  async rollout(release: string, version: string, changes: Partial<RolloutDefinition> = {}): Promise<string> {
    const id = uuidv7();
    const nowMs = Date.now();
    const definition: RolloutDefinition = {
      ...{ release, target: {}, isDynamic: false, mode: { kind: 'forced' } },
      waves: [{ kind: 'percent', percent: 100 }],
      settings: {
        ...{ advance: [], pause: [], speed: { kind: 'constant', perMinute: 60_000 } as const, timeoutMs: 600_000 },
      },
      ...changes,
    };
    const { settings } = definition;
    const rollout = { id, weight: 1_000, createdAtMs: nowMs, settings, state: 'draft', version: 1 } as const;
    const record = { tenant: this.tenant, name: id, definition, createdBy: 'operator:ada', waitsFor: [], rollout };
    const demands = { profile: 'thermometer', version, hardwareIds: [] };
    await inTransaction(this.fixture.database.dataSource, async (tx) => {
      await insertRollout(tx, record);
      await beginRollout(tx, { record, demands, by: 'operator:ada' }, nowMs);
    });
    return id;
  }

  /** As an operator, or the time, would have it. */
  async happens(rollout: string, device: string, event: AssignmentEvent): Promise<void> {
    await inTransaction(this.fixture.database.dataSource, async (tx) => {
      const record = await lockRollout(tx, this.tenant, rollout);
      if (record === undefined) throw new Error('no such rollout');
      await applyEvent(tx, rolloutOfAssignment(record), { device, event }, Date.now());
    });
  }

  async stateOf(rollout: string, device: string): Promise<string | undefined> {
    const { manager } = this.fixture.database.dataSource;
    return (await manager.findOneBy(AssignmentEntity, { rolloutId: rollout, device }))?.state;
  }
}
