import 'reflect-metadata';
import { uuidv7 } from '@myelin/kernel';
import { inTransaction } from '@myelin/persistence';
import { type DatabaseFixture, waitFor } from '@myelin/testing';
import type { EntityManager } from 'typeorm';
import { applyEvent } from '../src/assignments/apply-event.js';
import type { DeviceReportKind } from '../src/domain/assignments/device-report.js';
import type { RolloutAction } from '../src/domain/rollouts/change-rollout.js';
import type { RolloutDefinition } from '../src/domain/rollouts/rollout-definition.js';
import { tallyKeyOf } from '../src/domain/rollouts/tally.js';
import { readCounts } from '../src/persistence/assignment-counts.repository.js';
import { AssignmentEntity } from '../src/persistence/assignment.entity.js';
import { type FollowedDevice, storeDevices } from '../src/persistence/devices.repository.js';
import { findRollout, findWaves, insertRollout, lockRollout } from '../src/persistence/rollouts.repository.js';
import { applyAction } from '../src/rollouts/apply-action.js';
import { beginRollout } from '../src/rollouts/begin-rollout.js';
import { runStep } from '../src/rollouts/run-step.js';

const startMs = Date.parse('2026-11-27T08:00:00Z');
const demands = { profile: 'thermometer', version: '2.0.0', hardwareIds: [] };

/** Two waves over everything, as fast as it goes. */
export function definition(changes: Partial<RolloutDefinition> = {}): RolloutDefinition {
  return {
    ...{ release: 'thermometer-2', target: {}, isDynamic: false, mode: { kind: 'forced' } },
    waves: [
      { kind: 'percent', percent: 20 },
      { kind: 'percent', percent: 80 },
    ],
    settings: {
      advance: [{ kind: 'success-share', atLeast: 0.9 }],
      pause: [{ kind: 'failure-share', above: 0.2, minimumFailures: 2 }],
      ...{ speed: { kind: 'constant', perMinute: 600 }, timeoutMs: 60_000 },
    },
    ...changes,
  };
}

/** As the registry would have it. */
export function aDevice(tenant: string, device: string, changes: Partial<FollowedDevice> = {}): FollowedDevice {
  const known = { version: 1, lifecycle: 'active', profile: 'thermometer', site: null, timeZone: null } as const;
  return { tenant, device, ...known, labels: {}, metadata: {}, ...changes };
}

/** @param before of each statement, by its text */
export function watched(tx: EntityManager, before: (sql: string) => unknown): EntityManager {
  const runner = tx.queryRunner as unknown as { query: (sql: string, ...of: unknown[]) => Promise<unknown> };
  const query = runner.query.bind(runner);
  runner.query = async (sql, ...of) => {
    await before(sql);
    return query(sql, ...of);
  };
  return tx;
}

/** One rollout of a tenant of its own, its devices, and the clock of its engine. */
export class EngineStand {
  nowMs = startMs;
  #after = -1;

  private constructor(
    private readonly database: DatabaseFixture,
    readonly tenant: string,
    readonly id: string,
    private readonly written: RolloutDefinition,
  ) {}

  static async of(
    database: DatabaseFixture,
    written = definition(),
    options: { tenant?: string; weight?: number } = {},
  ): Promise<EngineStand> {
    const { tenant = uuidv7(), weight = 1_000 } = options;
    const id = uuidv7();
    const rollout = {
      id,
      weight,
      createdAtMs: startMs,
      settings: written.settings,
      state: 'draft',
      version: 1,
    } as const;
    const record = { tenant, name: id, definition: written, createdBy: 'operator:ada', waitsFor: [], rollout };
    await inTransaction(database.dataSource, (tx) => insertRollout(tx, record));
    return new EngineStand(database, tenant, id, written);
  }

  change<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    return inTransaction(this.database.dataSource, work);
  }

  async addDevices(count: number, changes: Partial<FollowedDevice> = {}): Promise<string[]> {
    const devices = Array.from({ length: count }, (_, nth) => `device-${nth}`);
    await this.store(devices.map((device) => aDevice(this.tenant, device, changes)));
    return devices;
  }

  store(devices: readonly FollowedDevice[]): Promise<void> {
    return this.change((tx) => storeDevices(tx, devices));
  }

  start(): Promise<void> {
    return this.change((tx) => this.startIn(tx));
  }

  async startIn(tx: EntityManager): Promise<void> {
    const record = await lockRollout(tx, this.tenant, this.id);
    if (record === undefined) throw new Error('no such rollout');
    await beginRollout(tx, { record, demands, by: 'operator:ada' }, this.nowMs);
  }

  /** As an operator would have it. */
  act(action: RolloutAction): Promise<unknown> {
    return this.change((tx) => this.actIn(tx, action));
  }

  async actIn(tx: EntityManager, action: RolloutAction): Promise<unknown> {
    const record = await lockRollout(tx, this.tenant, this.id);
    if (record === undefined) throw new Error('no such rollout');
    return applyAction(tx, { record, waves: await findWaves(tx, this.id) }, action, this.nowMs);
  }

  async step(): Promise<boolean> {
    const { isChanged, after } = await this.change((tx) =>
      runStep(tx, this.id, { nowMs: this.nowMs, after: this.#after }),
    );
    this.#after = after;
    return isChanged;
  }

  /** Until nothing changes any more; the clock goes on by a minute's sixth whenever it does not. */
  async settle(steps = 60): Promise<void> {
    await this.#changesAreSeen();
    for (let idle = 0, left = steps; idle < 3 && left > 0; left -= 1) {
      idle = (await this.step()) ? 0 : idle + 1;
      if (idle > 0) this.nowMs += 10_001;
    }
  }

  /** Transactions of anybody on the server that began before a change of a device hold up those that look for it. */
  async #changesAreSeen(): Promise<void> {
    const sql = `SELECT coalesce(max(changed_in), 0) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS seen
      FROM device WHERE tenant = $1`;
    const areSeen = async (): Promise<boolean> =>
      (await this.database.dataSource.query<{ seen: boolean }[]>(sql, [this.tenant]))[0]?.seen === true;
    await waitFor(areSeen, { timeoutMs: 60_000, what: 'older transactions to end' });
  }

  report(device: string, report: DeviceReportKind): Promise<unknown> {
    const { tenant, id, written } = this;
    const of = { id, tenant, rollout: id, release: written.release, releaseVersion: '2.0.0', mode: written.mode };
    const event = { kind: 'report', report, about: 'deployment', timeoutMs: 60_000 } as const;
    return this.change((tx) => applyEvent(tx, of, { device, event }, this.nowMs));
  }

  async devices(state: string): Promise<string[]> {
    const rows = await this.database.dataSource.manager.findBy(AssignmentEntity, { rolloutId: this.id });
    return rows.filter((row) => row.state === state).map(({ device }) => device);
  }

  async waitsFor(): Promise<readonly string[]> {
    const record = await findRollout(this.database.dataSource.manager, this.tenant, this.id);
    return record?.waitsFor ?? [];
  }

  async reportAll(report: DeviceReportKind): Promise<void> {
    for (const device of await this.devices('offered')) await this.report(device, report);
  }

  async shown(): Promise<{ state: string | undefined; waves: string[]; tally: Record<string, number> }> {
    const { manager } = this.database.dataSource;
    const tally: Record<string, number> = {};
    for (const { devices, ...key } of await readCounts(manager, this.id)) {
      tally[tallyKeyOf(key)] = (tally[tallyKeyOf(key)] ?? 0) + devices;
    }
    const record = await findRollout(manager, this.tenant, this.id);
    const waves = (await findWaves(manager, this.id)).map(({ state }) => state);
    return { state: record?.rollout.state, waves, tally };
  }
}
