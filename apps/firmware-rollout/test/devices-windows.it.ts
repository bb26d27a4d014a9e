import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { waitFor } from '@myelin/testing';
import { type DeviceClient, Fleet, RegistryWriter, linksOf } from './devices-fixture.js';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';

const swupdate = { 'user-agent': 'libcurl-agent/1.0' };
const rauc = { 'user-agent': 'rauc-hawkbit-c-agent/1.0' };
const hourMs = 3_600_000;
const weekMs = 7 * 24 * hourMs;
/** The service's, which the tests move on. It stays behind everybody else's: events of the future are not published. */
const clock = { aheadMs: 0, nowMs: () => Date.now() - 2 * weekMs + clock.aheadMs };
let fixture: FirmwareFixture;
let registry: RegistryWriter;
beforeAll(async () => {
  fixture = await startFixture({ ENGINE_INTERVAL: '50ms', POLLING_INTERVAL: '20h' }, clock);
  registry = await RegistryWriter.connect(fixture.kafka.settings);
}, 120_000);
beforeEach(() => {
  clock.aheadMs = 0;
});
afterAll(async () => {
  await registry?.close();
  await fixture?.dispose();
}, 60_000);

/** Each week from half an hour ago to half an hour from now, in this zone. */
function windowsAroundNow(timeZone: string, utcOffsetHours: number) {
  const minute = (ms: number): number => {
    const at = new Date(ms + utcOffsetHours * hourMs);
    return at.getUTCDay() * 1_440 + at.getUTCHours() * 60 + at.getUTCMinutes();
  };
  const now = Date.now();
  return { timeZone, weekly: [{ fromMinute: minute(now - hourMs / 2), toMinute: minute(now + hourMs / 2) }] };
}

interface Offered {
  readonly fleet: Fleet;
  readonly device: DeviceClient;
  readonly id: string;
}

async function offered(headers: Readonly<Record<string, string>>, timeoutMs = 4 * weekMs): Promise<Offered> {
  const fleet = await Fleet.of(fixture, registry);
  const device = await fleet.device('dev1', headers);
  expect((await device.send('PUT', '/configData', '{"data":{"a":"b"}}')).status).toBe(200);
  await device.unlinked('configData');
  const settings = {
    ...({ advance: [], pause: [], speed: { kind: 'constant', perMinute: 60_000 }, timeoutMs } as const),
    windows: windowsAroundNow('Asia/Tokyo', 9),
  };
  await fleet.rollout(await fleet.release(randomBytes(1_000), '2.0.0'), '2.0.0', { settings });
  return { fleet, device, id: await device.offered() };
}

const sleepOf = async (device: DeviceClient): Promise<unknown> =>
  ((await device.poll()).body['config'] as { polling: { sleep: string } }).polling.sleep;

describe('an offer whose window closes', () => {
  test('is hidden from SWUpdate, which would take skip for a success, until the window opens again', async () => {
    const { device, id } = await offered(swupdate);
    const href = await device.linked('deploymentBase');
    expect((await device.get(href)).body).toMatchObject({
      deployment: { update: 'forced', maintenanceWindow: 'available' },
    });
    clock.aheadMs = 2 * hourMs;
    expect(linksOf(await device.poll())).toEqual({});
    expect((await device.get(`/deploymentBase/${id}`)).status).toBe(404);
    clock.aheadMs = weekMs;
    expect(linksOf(await device.poll())['deploymentBase']?.href).toBe(href);
    expect((await device.get(href)).status).toBe(200);
  });

  test('stays visible to SWUpdate that has begun: after its restart it confirms only what it is shown', async () => {
    const { device, id } = await offered(swupdate);
    const href = await device.linked('deploymentBase');
    expect((await device.get(href)).status).toBe(200);
    expect((await device.feedback(id, ['proceeding', 'none'])).status).toBe(200);
    clock.aheadMs = 2 * hourMs;
    expect(await device.linked('deploymentBase')).toBe(href);
    expect((await device.get(href)).body).toMatchObject({
      deployment: { update: 'forced', maintenanceWindow: 'available' },
    });
    expect((await device.feedback(id, ['closed', 'success'])).status).toBe(200);
    await device.unlinked('deploymentBase');
  });

  test('stays visible to one that says nothing before its restart, once it has read the instruction', async () => {
    const { device, id } = await offered({});
    expect((await device.get(`/deploymentBase/${id}`)).status).toBe(200);
    clock.aheadMs = 2 * hourMs;
    await device.linked('deploymentBase');
    expect((await device.get(`/deploymentBase/${id}`)).status).toBe(200);
  });

  test('is not given up for the time in which nobody could see it', async () => {
    const { fleet, device, id } = await offered(swupdate, hourMs);
    const href = await device.linked('deploymentBase');
    clock.aheadMs = 2 * hourMs;
    const isDatedAnew = async (): Promise<boolean> => {
      const sql = 'SELECT due_at FROM assignment WHERE tenant = $1 AND action_id = $2';
      const [row] = await fixture.database.dataSource.query<[{ due_at: Date }]>(sql, [fleet.tenant, Number(id)]);
      return row.due_at.getTime() > clock.nowMs() + weekMs - 3 * hourMs;
    };
    await waitFor(isDatedAnew, { timeoutMs: 30_000, what: 'the offer to have its time when its window opens' });
    clock.aheadMs = weekMs;
    expect(await device.linked('deploymentBase')).toBe(href);
    expect((await device.get(href)).status).toBe(200);
  });

  test('is skip and unavailable for rauc, which then downloads and waits; its link changes with the window', async () => {
    const { device, id } = await offered(rauc);
    const open = await device.linked('deploymentBase');
    clock.aheadMs = 2 * hourMs;
    const closed = await device.linked('deploymentBase');
    expect(closed).not.toBe(open);
    expect((await device.get(closed)).body).toMatchObject({
      ...{ id, deployment: { download: 'forced', update: 'skip', maintenanceWindow: 'unavailable' } },
    });
    clock.aheadMs = weekMs;
    expect(await device.linked('deploymentBase')).toBe(open);
    expect((await device.get(open)).body).toMatchObject({
      ...{ id, deployment: { download: 'forced', update: 'forced', maintenanceWindow: 'available' } },
    });
  });

  test('lets the device ask again when it opens, however long its interval is', async () => {
    const { device } = await offered(swupdate);
    expect(await sleepOf(device)).toMatch(/^00:00:3[0-3]$/);
    clock.aheadMs = 2 * hourMs;
    expect(Number.parseInt(String(await sleepOf(device)), 10)).toBeGreaterThanOrEqual(17);
    clock.aheadMs = weekMs - hourMs;
    // The window opens in half an hour.
    await waitFor(async () => /^00:(29|30|31):/.test(String(await sleepOf(device))), {
      ...{ timeoutMs: 10_000, what: 'an interval that ends with the window' },
    });
  });
});

describe('an offer without windows', () => {
  test('says nothing of any', async () => {
    const fleet = await Fleet.of(fixture, registry);
    const device = await fleet.device('dev1', rauc);
    await fleet.rollout(await fleet.release(randomBytes(1_000), '2.0.0'), '2.0.0');
    const { body } = await device.get(await device.linked('deploymentBase'));
    expect(body['deployment']).not.toHaveProperty('maintenanceWindow');
  });
});
