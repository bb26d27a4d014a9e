import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DdiClient, DdiDevice, FirmwareRecord, Random } from '@myelin/fleet-simulator';
import { waitFor } from '@myelin/testing';
import { FirmwareService } from './firmware-service.fixture.js';

const tenant = 'DEFAULT';
const factory = { version: '1.0.0', sha256: [] };
const names = Array.from({ length: 20 }, (_, nth) => `device-${nth}`);
const waves = [names.slice(0, 4), names.slice(4, 10), names.slice(10)];
const faults = { failure: 0.25, silence: 0.15, powerLoss: 0.5, brokenDownload: 0.5 };
/** What a device that says nothing may take before it is asked to stop, and again before it is given up. */
const timeoutMs = 15_000;

let service: FirmwareService;
beforeAll(async () => {
  service = await FirmwareService.of({ ENGINE_INTERVAL: '100ms' });
}, 120_000);
afterAll(() => service?.dispose(), 60_000);

interface Fleet {
  readonly client: DdiClient;
  readonly record: FirmwareRecord;
  readonly devices: readonly DdiDevice[];
}

async function startFleet(): Promise<Fleet> {
  const accounts = await service.register(tenant, names);
  const client = new DdiClient({ url: service.url, connections: 8 });
  const record = new FirmwareRecord();
  const devices = accounts.map((account, nth) => {
    const settings = { account, factory, faults, attributes: { serialNo: `SN-${nth}` }, longestPollMs: 250 };
    return new DdiDevice(settings, client, record, new Random(7_000 + nth));
  });
  for (const device of devices) device.start();
  return { client, record, devices };
}

/** Devices of waves that have begun by now. */
async function begun(rollout: string): Promise<ReadonlySet<string>> {
  const sql = `SELECT wave FROM rollout_wave WHERE rollout_id = $1 AND state <> 'pending'`;
  const rows = await service.query<{ wave: number }>(sql, [rollout]);
  return new Set(rows.flatMap(({ wave }) => waves[wave] ?? []));
}

async function hasEnded(rollout: string): Promise<boolean> {
  const sql = 'SELECT state FROM rollout WHERE id = $1';
  return (await service.query<{ state: string }>(sql, [rollout]))[0]?.state === 'succeeded';
}

/** What the service holds each device to run; what it has not seen installed is what came from the factory. */
async function believed(): Promise<ReadonlyMap<string, string | undefined>> {
  const rows = await service.query<{ device: string; version: string | null; isInDoubt: boolean }>(
    `SELECT device, installed_version AS version, doubted_action IS NOT NULL AS "isInDoubt" FROM installation WHERE tenant = $1`,
    [tenant],
  );
  const known = new Map(rows.map((row) => [row.device, row.isInDoubt ? undefined : (row.version ?? factory.version)]));
  return new Map(names.map((name) => [name, known.has(name) ? known.get(name) : factory.version]));
}

test('after a rollout to devices that fail, fall silent and lose power, service and devices agree on who runs what', async () => {
  const version = '2.0.0';
  const release = await service.release(tenant, version, randomBytes(200_000));
  const { client, record, devices } = await startFleet();
  const rollout = await service.rollout(tenant, { release, version }, { waves, timeoutMs });
  const early = new Set<string>();
  let isRestarted = false;
  await waitFor(
    async () => {
      const touched = [...record.touched];
      const allowed = await begun(rollout);
      for (const device of touched) if (!allowed.has(device)) early.add(device);
      if (!isRestarted && allowed.has('device-4')) {
        isRestarted = true;
        await service.killAndRestart();
      }
      return hasEnded(rollout);
    },
    { timeoutMs: 240_000, intervalMs: 50, what: 'the rollout to end' },
  );
  await Promise.all(devices.map((device) => device.stop()));
  await client.close();

  expect([...early]).toEqual([]);
  expect(record.disagreeing(await believed())).toEqual([]);
  expect(record.contradictions).toEqual([]);
  expect([...record.touched].sort()).toEqual([...names].sort());
  const { updates, failures, powerLosses, resumedDownloads, unconfirmed } = record.counts;
  const seen = [updates, failures, powerLosses, resumedDownloads, record.silent.size];
  expect(Math.min(...seen)).toBeGreaterThan(0);
  expect(unconfirmed).toBe(0);
  const [states] = await service.query<{ succeeded: number; failed: number }>(
    `SELECT (count(*) FILTER (WHERE state = 'succeeded'))::integer AS succeeded,
       (count(*) FILTER (WHERE state = 'failed'))::integer AS failed FROM assignment WHERE rollout_id = $1`,
    [rollout],
  );
  expect((states?.succeeded ?? 0) + (states?.failed ?? 0)).toBe(names.length);
}, 300_000);
