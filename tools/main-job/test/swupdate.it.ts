import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type DdiAccount, DdiClient } from '@myelin/fleet-simulator';
import { uuidv7 } from '@myelin/kernel';
import { waitFor } from '@myelin/testing';
import { FirmwareService } from './firmware-service.fixture.js';
import { type DownloadPlan, UpdateProxy } from './update-proxy.fixture.js';
import {
  type ImageOptions,
  SwUpdateBench,
  type SwUpdateClient,
  type SwUpdateOptions,
  findSwUpdate,
} from './swupdate.fixture.js';

const found = await findSwUpdate();
if ('missing' in found) process.stderr.write(`NOT TESTED: a real SWUpdate: ${found.missing}\n`);

let service: FirmwareService;
let bench: SwUpdateBench;
beforeAll(async () => {
  if ('missing' in found) return;
  service = await FirmwareService.of({
    ...{ ENGINE_INTERVAL: '100ms', POLLING_INTERVAL: '30s', POLLING_DEVIATION_PERCENT: '0' },
  });
  bench = await SwUpdateBench.open(found.programs);
}, 120_000);
afterAll(async () => {
  await bench?.close();
  await service?.dispose();
}, 60_000);

const clients: SwUpdateClient[] = [];
const proxies: UpdateProxy[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.kill();
  for (const proxy of proxies.splice(0)) await proxy.close();
});

const failing = '#!/bin/sh\nexit 3\n';

interface Offered {
  readonly name: string;
  readonly account: DdiAccount;
  readonly rollout: string;
  readonly proxy: UpdateProxy;
}

/** One device in a tenant of its own, a rollout of an image with this payload to it, and the network between. */
async function offered(payload: Buffer, image: ImageOptions = {}, downloads: DownloadPlan = {}): Promise<Offered> {
  const [name, tenant, version] = [`dev-${uuidv7()}`, uuidv7(), '2.0.0'];
  const [account] = (await service.register(tenant, [name])) as [DdiAccount];
  const release = await service.release(tenant, version, await bench.image(name, payload, image));
  const rollout = await service.rollout(tenant, { release, version }, { waves: [[name]], timeoutMs: 600_000 });
  const proxy = await UpdateProxy.open(service.url, downloads);
  proxies.push(proxy);
  const device = { name, account, rollout, proxy };
  await waitFor(() => isOffered(device), { timeoutMs: 60_000, what: 'the deployment to be offered' });
  return device;
}

async function isOffered({ account }: Offered): Promise<boolean> {
  const asking = new DdiClient({ url: service.url, connections: 1 });
  const root = await asking.root(account);
  await asking.close();
  return root?.deploymentBase !== undefined;
}

/** Until the device is offered nothing more. */
async function isOver(device: Offered): Promise<void> {
  await waitFor(async () => !(await isOffered(device)), { timeoutMs: 30_000, what: 'the offer to be taken back' });
}

async function start({ account, proxy }: Offered, options: SwUpdateOptions = {}): Promise<SwUpdateClient> {
  const client = await bench.client(proxy.url, account, options);
  clients.push(client);
  return client;
}

const patience = (client: SwUpdateClient, what: string) => ({
  ...{ timeoutMs: 90_000, intervalMs: 50, what: () => `${what}; the client said: ${client.log().slice(-4_000)}` },
});

/** Until the assignment is so. @returns why */
async function reached({ rollout }: Offered, state: string, client: SwUpdateClient): Promise<string | null> {
  const sql = 'SELECT state, reason FROM assignment WHERE rollout_id = $1';
  const rows = (): Promise<{ state: string; reason: string | null }[]> => service.query(sql, [rollout]);
  return (await waitFor(async () => (await rows()).find((row) => row.state === state), patience(client, state))).reason;
}

/** What the device has said of its action, the oldest first. */
async function words({ rollout }: Offered): Promise<string> {
  const sql = 'SELECT messages FROM assignment_entry WHERE rollout_id = $1 ORDER BY version';
  const rows = await service.query<{ messages: string[] }>(sql, [rollout]);
  return rows.flatMap(({ messages }) => messages).join('\n');
}

const said = (of: Offered, text: string, client: SwUpdateClient): Promise<unknown> =>
  waitFor(async () => (await words(of)).includes(text), patience(client, `"${text}"`));

/** Installs, as far as it can without starting from it. */
async function installs(device: Offered, options: SwUpdateOptions = {}): Promise<SwUpdateClient> {
  const client = await start(device, options);
  await said(device, 'All Chunks Installed.', client);
  expect(await reached(device, 'installing', client)).toBeNull();
  return client;
}

async function restart(device: Offered, client: SwUpdateClient, options: SwUpdateOptions): Promise<SwUpdateClient> {
  await client.kill();
  return start(device, options);
}

async function hasSucceeded(device: Offered): Promise<void> {
  const sql = `SELECT 1 FROM rollout WHERE id = $1 AND state = 'succeeded'`;
  const isSo = async (): Promise<boolean> => (await service.query(sql, [device.rollout])).length === 1;
  await waitFor(isSo, { timeoutMs: 30_000, what: 'the rollout to succeed' });
}

/** The version that the service holds the device to run. */
async function believed({ name }: Offered): Promise<string | null> {
  const sql = 'SELECT installed_version FROM installation WHERE device = $1';
  const [row] = await service.query<{ installed_version: string | null }>(sql, [name]);
  return row?.installed_version ?? null;
}

/** What was asked of the artifact: where each answer began, and how it was answered. */
const downloads = ({ proxy }: Offered): (readonly [begin: number, status: number])[] =>
  proxy.downloads.map(({ range = 'bytes=0-', status }) => [Number(/^bytes=(\d+)-$/.exec(range)?.[1]), status]);

('missing' in found ? describe.skip : describe)('a device with SWUpdate', () => {
  test('installs, starts from what it has installed, says so, and the rollout has succeeded', async () => {
    const payload = randomBytes(50_000);
    const device = await offered(payload);
    const attributes = { serialNo: `SN-${device.name}` };
    const first = await installs(device, { attributes });
    expect((await bench.installed(device.name))?.equals(payload)).toBe(true);
    const second = await restart(device, first, { options: '-c 2' });
    await reached(device, 'succeeded', second);
    expect(await words(device)).toContain('Update Installed.');
    expect(await believed(device)).toBe('2.0.0');
    const told = 'SELECT attributes FROM device_update WHERE device = $1';
    const [update] = await service.query<{ attributes: object }>(told, [device.name]);
    expect(update?.attributes).toEqual(attributes);
    await hasSucceeded(device);
  }, 240_000);

  test('that cannot start from what it has installed says so, and has failed', async () => {
    const device = await offered(randomBytes(5_000));
    const first = await installs(device);
    const second = await restart(device, first, { options: '-c 3' });
    expect(await reached(device, 'failed', second)).toBe('reported');
    expect(await words(device)).toContain('Update Failed.');
    expect(await believed(device)).toBeNull();
    await isOver(device);
  }, 240_000);

  test.each<[string, ImageOptions, RegExp]>([
    ['an image that nobody has signed', { signed: false }, /sw-description|sign/i],
    ['an image whose content is not what its description says', { described: randomBytes(5_000) }, /hash/i],
    ['an image whose script fails before it installs', { script: ['preinstall', failing] }, /script/i],
    ['an image whose script fails after it has installed', { script: ['postinstall', failing] }, /script/i],
  ])(
    'refuses %s, says why, and is not asked again',
    async (_, image, reason) => {
      const device = await offered(randomBytes(5_000), image);
      const client = await start(device);
      expect(await reached(device, 'failed', client)).toBe('reported');
      expect(await words(device)).toMatch(reason);
      expect(await believed(device)).toBeNull();
      await isOver(device);
      if (image.script?.[0] !== 'postinstall') expect(await bench.installed(device.name)).toBeUndefined();
      expect(device.proxy.downloads).toHaveLength(1);
    },
    240_000,
  );

  test('that is told to stop while it downloads stops, and the service believes what is so', async () => {
    const device = await offered(randomBytes(2_000_000), {}, { slowAfterBytes: 100_000 });
    const client = await start(device);
    await waitFor(() => device.proxy.downloaded > 100_000, patience(client, 'a download'));
    const operator = await service.as(device.account.tenant, 'release-manager');
    const path = `/v1/rollouts/rollout-2.0.0/assignments/${device.name}/cancel`;
    expect((await operator.post(path, undefined)).status).toBe(200);
    await reached(device, 'cancelled', client);
    expect(await words(device)).toContain('cancellation acknowledged.');
    device.proxy.hurry();
    const before = device.proxy.requests.length;
    const hasPolledAgain = (): boolean => device.proxy.requests.length > before + 2;
    await waitFor(hasPolledAgain, patience(client, 'two more polls'));
    expect(await bench.installed(device.name)).toBeUndefined();
    expect(await believed(device)).toBeNull();
    await isOver(device);
    expect(device.proxy.downloads).toHaveLength(1);
  }, 240_000);

  test('whose connection breaks in the middle asks for the rest only, and installs the whole', async () => {
    const payload = randomBytes(400_000);
    const device = await offered(payload, {}, { cutAfterBytes: 150_000 });
    await installs(device);
    expect((await bench.installed(device.name))?.equals(payload)).toBe(true);
    const [first, second, ...more] = downloads(device);
    expect([first, more]).toEqual([[0, 200], []]);
    expect(second?.[1]).toBe(206);
    expect(second?.[0]).toBeGreaterThan(0);
    expect(second?.[0]).toBeLessThanOrEqual(150_000);
  }, 240_000);

  test('that loses power in the middle of a download goes on where it was, in the same attempt', async () => {
    const payload = randomBytes(400_000);
    const device = await offered(payload, {}, { slowAfterBytes: 150_000 });
    const kept = join(bench.folder, `${device.name}.part`);
    const first = await start(device, { arguments: ['-o', kept] });
    const hasKept = async (): Promise<boolean> => (await stat(kept)).size > 100_000;
    await waitFor(hasKept, patience(first, 'a part of the image'));
    await first.kill();
    device.proxy.hurry();
    const second = await installs(device, { options: `--cache ${kept}` });
    expect((await bench.installed(device.name))?.equals(payload)).toBe(true);
    const third = await restart(device, second, { options: '-c 2' });
    await reached(device, 'succeeded', third);
    await hasSucceeded(device);
    expect(await service.query('SELECT 1 FROM action WHERE rollout_id = $1', [device.rollout])).toHaveLength(1);
    const [from] = downloads(device).slice(-1);
    expect(from?.[1]).toBe(206);
    expect(from?.[0]).toBeGreaterThan(0);
  }, 240_000);
});
