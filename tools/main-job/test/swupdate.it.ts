import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type DdiAccount, DdiClient } from '@myelin/fleet-simulator';
import { uuidv7 } from '@myelin/kernel';
import { waitFor } from '@myelin/testing';
import { FirmwareService } from './firmware-service.fixture.js';
import { SwUpdateBench, type SwUpdateClient, type SwUpdateOptions, hasSwUpdate } from './swupdate.fixture.js';

const isInstalled = await hasSwUpdate();
if (!isInstalled) process.stderr.write('NOT TESTED: swupdate is not installed\n');

let service: FirmwareService;
let bench: SwUpdateBench;
beforeAll(async () => {
  if (!isInstalled) return;
  service = await FirmwareService.of({
    ENGINE_INTERVAL: '100ms',
    POLLING_INTERVAL: '30s',
    POLLING_DEVIATION_PERCENT: '0',
  });
  bench = await SwUpdateBench.open();
}, 120_000);
afterAll(async () => {
  await bench?.close();
  await service?.dispose();
}, 60_000);

const clients: SwUpdateClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.kill();
});

interface Offered {
  readonly name: string;
  readonly account: DdiAccount;
  readonly rollout: string;
}

/** One device in a tenant of its own, and a rollout of an image with this payload to it. */
async function offered(payload: Buffer, options: { readonly signed?: boolean } = {}): Promise<Offered> {
  const [name, tenant, version] = [`dev-${uuidv7()}`, uuidv7(), '2.0.0'];
  const [account] = await service.register(tenant, [name]);
  const release = await service.release(tenant, version, await bench.image(name, payload, options));
  const rollout = await service.rollout(tenant, { release, version }, { waves: [[name]], timeoutMs: 600_000 });
  await shown(account as DdiAccount);
  return { name, account: account as DdiAccount, rollout };
}

/** Until the device would be offered it. */
async function shown(account: DdiAccount): Promise<void> {
  const asking = new DdiClient({ url: service.url, connections: 1 });
  const isOffered = async (): Promise<boolean> => (await asking.root(account))?.deploymentBase !== undefined;
  await waitFor(isOffered, { timeoutMs: 60_000, what: 'the deployment to be offered' });
  await asking.close();
}

async function start({ account }: Offered, options: SwUpdateOptions = {}): Promise<SwUpdateClient> {
  const client = await bench.client(service.url, account, options);
  clients.push(client);
  return client;
}

/** Until the assignment is so, or the client's log ends in vain. */
async function reached({ rollout }: Offered, state: string, client: SwUpdateClient): Promise<string | null> {
  const sql = 'SELECT state, reason FROM assignment WHERE rollout_id = $1';
  const rows = (): Promise<{ state: string; reason: string | null }[]> => service.query(sql, [rollout]);
  const found = async () => (await rows()).find((row) => row.state === state);
  const what = (): string => `${state}; the client said: ${client.log().slice(-4_000)}`;
  return (await waitFor(found, { timeoutMs: 90_000, intervalMs: 100, what })).reason;
}

/** What the device has said of its action, the oldest first. */
async function words({ rollout }: Offered): Promise<string> {
  const sql = 'SELECT messages FROM assignment_entry WHERE rollout_id = $1 ORDER BY version';
  const rows = await service.query<{ messages: string[] }>(sql, [rollout]);
  return rows.flatMap(({ messages }) => messages).join('\n');
}

const said = (of: Offered, text: string, client: SwUpdateClient): Promise<unknown> =>
  waitFor(async () => (await words(of)).includes(text), {
    ...{ timeoutMs: 90_000, intervalMs: 100, what: () => `"${text}"; the client said: ${client.log().slice(-4_000)}` },
  });

(isInstalled ? describe : describe.skip)('a device with SWUpdate', () => {
  test('installs, starts from what it has installed, says so, and the rollout has succeeded', async () => {
    const payload = randomBytes(50_000);
    const device = await offered(payload);
    const attributes = { serialNo: `SN-${device.name}` };
    const first = await start(device, { attributes });
    await said(device, 'All Chunks Installed.', first);
    expect(await reached(device, 'installing', first)).toBeNull();
    expect((await bench.installed(device.name))?.equals(payload)).toBe(true);
    await first.kill();
    const second = await start(device, { options: '-c 2' });
    await reached(device, 'succeeded', second);
    expect(await words(device)).toContain('Update Installed.');
    const told = 'SELECT attributes FROM device_update WHERE device = $1';
    const [update] = await service.query<{ attributes: object }>(told, [device.name]);
    expect(update?.attributes).toEqual(attributes);
    const ended = `SELECT 1 FROM rollout WHERE id = $1 AND state = 'succeeded'`;
    const hasEnded = async (): Promise<boolean> => (await service.query(ended, [device.rollout])).length === 1;
    await waitFor(hasEnded, { timeoutMs: 30_000, what: 'the rollout to end' });
  }, 240_000);

  test('refuses an image that nobody has signed, and says why', async () => {
    const device = await offered(randomBytes(5_000), { signed: false });
    const client = await start(device);
    expect(await reached(device, 'failed', client)).toBe('reported');
    expect(await words(device)).toMatch(/sw-description|sign/i);
    expect(await bench.installed(device.name)).toBeUndefined();
  }, 240_000);
});
