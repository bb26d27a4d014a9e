import { expect } from '@jest/globals';
import { inTransaction } from '@myelin/persistence';
import { ApiClient, waitFor } from '@myelin/testing';
import { recordReport } from '../src/assignments/record-report.js';
import type { DeviceReportKind } from '../src/domain/assignments/device-report.js';
import { type FollowedDevice, storeDevices } from '../src/persistence/devices.repository.js';
import type { FirmwareFixture } from './firmware-fixture.js';
import { addKey, publishedRelease, startTenant } from './releases-fixture.js';

/** A rollout's body: two waves over everything, as fast as it goes. */
export function aRollout(changes: object = {}) {
  return {
    ...{ release: 'fw-2', target: {}, mode: { kind: 'forced' } },
    waves: [
      { kind: 'percent', percent: 20 },
      { kind: 'percent', percent: 80 },
    ],
    advance: [{ kind: 'success-share', atLeast: 0.9 }],
    pause: [{ kind: 'failure-share', above: 0.2, minimumFailures: 1 }],
    ...{ speed: { kind: 'constant', perMinute: 6_000 }, timeoutMs: 600_000 },
    ...changes,
  };
}

export interface ShownWave {
  readonly wave: number;
  readonly state: string;
  readonly devices: number;
  readonly counts: readonly { readonly state: string; readonly reason?: string; readonly devices: number }[];
}

/** A tenant with a published release, devices, and people who may roll it out. */
export class RolloutStand {
  private constructor(
    readonly fixture: FirmwareFixture,
    readonly tenant: string,
    readonly manager: ApiClient,
    readonly viewer: ApiClient,
  ) {}

  static async of(fixture: FirmwareFixture, tenant: string, devices = 10): Promise<RolloutStand> {
    const { admin, manager, viewer } = await startTenant(fixture, tenant);
    await publishedRelease(manager, 'fw-2', [await addKey(admin)]);
    const stand = new RolloutStand(fixture, tenant, manager, viewer);
    await stand.addDevices(Array.from({ length: devices }, (_, nth) => `device-${nth}`));
    return stand;
  }

  async person(subject: string, ...roles: string[]): Promise<ApiClient> {
    const token = await this.fixture.issuer.token({ tenant: this.tenant, roles, subject });
    return new ApiClient(this.fixture.service.url, token);
  }

  async addDevices(devices: readonly string[], changes: Partial<FollowedDevice> = {}): Promise<void> {
    const known = { version: 1, lifecycle: 'active', profile: 'thermometer', site: null, timeZone: null } as const;
    const of = { tenant: this.tenant, ...known, labels: {}, metadata: {} };
    const rows = devices.map((device) => ({ ...of, device, ...changes }));
    await inTransaction(this.fixture.database.dataSource, (tx) => storeDevices(tx, rows));
  }

  async draft(rollout: string, changes: object = {}): Promise<string> {
    const path = `/v1/rollouts/${rollout}`;
    expect((await this.manager.put(path, aRollout(changes))).status).toBe(201);
    return path;
  }

  async started(rollout: string, changes: object = {}): Promise<string> {
    const path = await this.draft(rollout, changes);
    expect((await this.start(path)).status).toBe(200);
    return path;
  }

  start(path: string, by = this.manager, ifMatch = '"1"') {
    return by.post(`${path}/start`, undefined, { 'if-match': ifMatch });
  }

  async wavesOf(path: string): Promise<readonly ShownWave[]> {
    return (await this.viewer.get(path)).body['progress'] as readonly ShownWave[];
  }

  /** Waits until it is in this state. */
  async reaches(path: string, state: string): Promise<void> {
    let seen: unknown;
    const isReached = async (): Promise<boolean> => (seen = (await this.viewer.get(path)).body['state']) === state;
    await waitFor(isReached, { timeoutMs: 60_000, what: () => `${state}; it is ${String(seen)}` });
  }

  /** Waits until this many are in this state, and names them with their actions. */
  async devicesIn(path: string, state: string, count: number): Promise<{ device: string; action: number }[]> {
    let seen = 0;
    const found = async () => {
      const { items } = (await this.viewer.get(`${path}/assignments?state=${state}`)).body;
      seen = items.length;
      return seen === count ? items : undefined;
    };
    const items = await waitFor(found, { timeoutMs: 60_000, what: () => `${count} ${state}; there are ${seen}` });
    return items.map(({ device, action }) => ({ device: String(device), action: Number(action) }));
  }

  async report(of: { readonly device: string; readonly action: number }, kind: DeviceReportKind): Promise<void> {
    const said = { tenant: this.tenant, device: of.device, actionId: of.action, about: 'deployment' } as const;
    const recorded = await inTransaction(this.fixture.database.dataSource, (tx) =>
      recordReport(tx, { ...said, report: { kind } }, Date.now()),
    );
    expect(recorded.outcome).toBe('changed');
  }
}
