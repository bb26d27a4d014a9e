import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { OperatorClient } from '../operator-client.js';
import { demoHardware } from '../registration.js';
import { SimulatorError } from '../simulator.errors.js';
import { type RolloutView } from './rollout-standing.js';
import { newReleaseKey, type ReleaseKey, sha256Of, signedManifest, type SignedRelease } from './signed-release.js';

/** Small: every device downloads it. */
const firmwareBytes = 100_000;
const filename = 'firmware.bin';
const knownPollMs = 100;

export interface ShownAssignment {
  readonly device: string;
  readonly state: string;
}

export interface ShownUpdateState {
  /** Absent: nothing that came by a rollout, or nobody knows. */
  readonly runs?: { readonly version?: string };
  readonly inDoubt: boolean;
}

/** What an operator does for a rollout, over the firmware service's public API. */
export class FirmwareOperator {
  constructor(private readonly firmware: OperatorClient) {}

  /** A policy that refuses what nobody has signed, a key, an artifact and a published release of it. */
  async release(profile: string, release: string, version: string): Promise<void> {
    const policy = { body: { unsigned: 'refused', threshold: 1 } };
    // A policy that is there stays as it is.
    await this.firmware.expect([200, 201, 428], 'PUT', `/v1/firmware-policies/${profile}`, policy);
    const key = newReleaseKey();
    const { publicKey } = key;
    await this.firmware.expect([201], 'POST', '/v1/signing-keys', { body: { name: release, publicKey } });
    const firmware = randomBytes(firmwareBytes);
    await this.#upload(firmware);
    const createdAtMs = Date.now();
    const signed = { name: release, version, releaseCounter: createdAtMs, hardware: [demoHardware] };
    await this.#publish(profile, { ...signed, filename, firmware, createdAtMs }, key);
  }

  /** Waits until the service knows as many devices of the draft as there shall be, and starts it. */
  async start(rollout: string, body: object, devices: number, deadlineMs: number): Promise<void> {
    const path = `/v1/rollouts/${rollout}`;
    const { headers } = await this.firmware.expect([201], 'PUT', path, { body });
    const end = Date.now() + deadlineMs;
    for (let known = 0; known < devices;) {
      const { text } = await this.firmware.expect([200], 'GET', `${path}/preview`);
      ({ devices: known } = JSON.parse(text) as { readonly devices: number });
      if (known < devices && Date.now() > end) {
        const detail = `the firmware service knows ${known} of ${devices} devices that are to be updated`;
        throw SimulatorError.permanent('simulator.registration-failed', detail);
      }
      if (known < devices) await delay(knownPollMs);
    }
    await this.firmware.expect([200], 'POST', `${path}/start`, { headers: { 'if-match': String(headers['etag']) } });
  }

  async view(rollout: string): Promise<RolloutView> {
    const { text } = await this.firmware.expect([200], 'GET', `/v1/rollouts/${rollout}`);
    return JSON.parse(text) as RolloutView;
  }

  /** What the service knows of a device and its updates. */
  async updateState(device: string): Promise<ShownUpdateState> {
    const path = `/v1/devices/${encodeURIComponent(device)}/update-state`;
    const { text } = await this.firmware.expect([200], 'GET', path);
    return JSON.parse(text) as ShownUpdateState;
  }

  async *assignments(rollout: string): AsyncGenerator<ShownAssignment> {
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const page = new URLSearchParams({ limit: '1000', ...(cursor !== '' && { cursor }) }).toString();
      const { text } = await this.firmware.expect([200], 'GET', `/v1/rollouts/${rollout}/assignments?${page}`);
      const { items, nextCursor } = JSON.parse(text) as { items: ShownAssignment[]; nextCursor?: string };
      yield* items;
      cursor = nextCursor;
    }
  }

  async close(): Promise<void> {
    await this.firmware.close();
  }

  async #upload(bytes: Uint8Array): Promise<void> {
    const tus = { 'tus-resumable': '1.0.0' };
    const { headers } = await this.firmware.expect([201], 'POST', '/v1/artifact-uploads', {
      headers: {
        ...{ ...tus, 'upload-length': String(bytes.length) },
        'upload-metadata': `filename ${Buffer.from(filename).toString('base64')}`,
      },
    });
    await this.firmware.expect([204], 'PATCH', String(headers['location']), {
      headers: { ...tus, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
      bytes,
    });
  }

  async #publish(profile: string, release: SignedRelease, key: ReleaseKey): Promise<void> {
    const { name, version, hardware, firmware } = release;
    const path = `/v1/releases/${name}`;
    const artifacts = [{ filename, sha256: sha256Of(firmware) }];
    await this.firmware.expect([201], 'PUT', path, { body: { version, profile, hardware, artifacts } });
    const manifest = { body: signedManifest(release, key) };
    const { headers } = await this.firmware.expect([200], 'PUT', `${path}/manifest`, manifest);
    await this.firmware.expect([200], 'POST', `${path}/publish`, { headers: { 'if-match': String(headers['etag']) } });
  }
}
