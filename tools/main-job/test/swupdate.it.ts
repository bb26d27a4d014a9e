import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { FirmwareService } from './firmware-service.fixture.js';
import { OfferedUpdate } from './offered-update.fixture.js';
import {
  type ImageOptions,
  SwUpdateBench,
  type SwUpdateClient,
  type SwUpdateOptions,
  findSwUpdate,
} from './swupdate.fixture.js';
import type { DownloadPlan } from './update-proxy.fixture.js';

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
const updates: OfferedUpdate[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.kill();
  for (const update of updates.splice(0)) await update.proxy.close();
});

const failing = '#!/bin/sh\nexit 3\n';
/** Ends every last word of SWUpdate's about a failure; its installer's errors stand before it if they came in time. */
const inShort = /Image invalid or corrupted|Installation failed|No suitable \.swu image found/;

/** A device without power, for which there is an image with this payload. */
async function offered(
  payload: Buffer,
  image: ImageOptions = {},
  downloads: DownloadPlan = {},
): Promise<OfferedUpdate> {
  const update = await OfferedUpdate.of(service, (name) => bench.image(name, payload, image), { downloads });
  updates.push(update);
  return update;
}

async function start(update: OfferedUpdate, options: SwUpdateOptions = {}): Promise<SwUpdateClient> {
  const client = await bench.client(update.proxy.url, update.account, options);
  clients.push(client);
  update.log = () => client.log();
  return client;
}

/** Installs, as far as it can without starting from it. */
async function installs(update: OfferedUpdate, options: SwUpdateOptions = {}): Promise<SwUpdateClient> {
  const client = await start(update, options);
  await update.said('All Chunks Installed.');
  expect(await update.reached('installing')).toBeNull();
  return client;
}

async function restart(update: OfferedUpdate, client: SwUpdateClient, options: SwUpdateOptions): Promise<void> {
  await client.kill();
  await start(update, options);
}

/** What the device has said of its action, as one text. */
const words = async (update: OfferedUpdate): Promise<string> => (await update.words()).join('\n');

('missing' in found ? describe.skip : describe)('a device with SWUpdate', () => {
  test('installs, starts from what it has installed, says so, and the rollout has succeeded', async () => {
    const payload = randomBytes(50_000);
    const update = await offered(payload);
    const attributes = { serialNo: `SN-${update.name}` };
    const first = await installs(update, { attributes });
    expect((await bench.installed(update.name))?.equals(payload)).toBe(true);
    await restart(update, first, { options: '-c 2' });
    await update.reached('succeeded');
    expect(await words(update)).toContain('Update Installed.');
    expect(await update.believed()).toBe('2.0.0');
    expect(await update.attributes()).toEqual(attributes);
    await update.hasSucceeded();
  }, 240_000);

  test('that cannot start from what it has installed says so, and has failed', async () => {
    const update = await offered(randomBytes(5_000));
    const first = await installs(update);
    await restart(update, first, { options: '-c 3' });
    expect(await update.reached('failed')).toBe('reported');
    expect(await words(update)).toContain('Update Failed.');
    expect(await update.believed()).toBeUndefined();
    await update.isOver();
  }, 240_000);

  test.each<[string, ImageOptions, RegExp]>([
    ['an image that nobody has signed', { signed: false }, /sw-description|sign/i],
    ['an image whose content is not what its description says', { described: randomBytes(5_000) }, /hash/i],
    ['an image whose script fails before it installs', { script: ['preinstall', failing] }, /script/i],
    ['an image whose script fails after it has installed', { script: ['postinstall', failing] }, /script/i],
  ])(
    'refuses %s, says why, and is not asked again',
    async (_, image, reason) => {
      const update = await offered(randomBytes(5_000), image);
      const client = await start(update);
      expect(await update.reached('failed')).toBe('reported');
      await update.until(() => reason.test(client.log()), 'the reason in the log of SWUpdate');
      expect(await words(update)).toMatch(new RegExp(`${reason.source}|${inShort.source}`, 'i'));
      expect(await update.believed()).toBeUndefined();
      await update.isOver();
      if (image.script?.[0] !== 'postinstall') expect(await bench.installed(update.name)).toBeUndefined();
      expect(update.proxy.downloads).toHaveLength(1);
    },
    240_000,
  );

  test('that is told to stop while it downloads stops, and the service believes what is so', async () => {
    const update = await offered(randomBytes(2_000_000), {}, { slowAfterBytes: 100_000 });
    await start(update);
    await update.until(() => update.proxy.downloaded > 100_000, 'a download');
    await update.cancel();
    await update.reached('cancelled');
    expect(await words(update)).toContain('cancellation acknowledged.');
    update.proxy.hurry();
    await update.asksAgain();
    expect(await bench.installed(update.name)).toBeUndefined();
    expect(await update.believed()).toBeUndefined();
    await update.isOver();
    expect(update.proxy.downloads).toHaveLength(1);
  }, 240_000);

  test('whose connection breaks in the middle asks for the rest only, and installs the whole', async () => {
    const payload = randomBytes(400_000);
    const update = await offered(payload, {}, { cutAfterBytes: 150_000 });
    await installs(update);
    expect((await bench.installed(update.name))?.equals(payload)).toBe(true);
    const [first, second, ...more] = update.downloads;
    expect([first, more]).toEqual([[0, 200], []]);
    expect(second?.[1]).toBe(206);
    expect(second?.[0]).toBeGreaterThan(0);
    expect(second?.[0]).toBeLessThanOrEqual(150_000);
  }, 240_000);

  test('that loses power in the middle of a download goes on where it was, in the same attempt', async () => {
    const payload = randomBytes(400_000);
    const update = await offered(payload, {}, { slowAfterBytes: 150_000 });
    const kept = join(bench.folder, `${update.name}.part`);
    const first = await start(update, { arguments: ['-o', kept] });
    const hasKept = async (): Promise<boolean> => (await stat(kept)).size > 100_000;
    await update.until(hasKept, 'a part of the image');
    await first.kill();
    update.proxy.hurry();
    const second = await installs(update, { options: `--cache ${kept}` });
    expect((await bench.installed(update.name))?.equals(payload)).toBe(true);
    await restart(update, second, { options: '-c 2' });
    await update.reached('succeeded');
    await update.hasSucceeded();
    expect(await update.attempts()).toBe(1);
    const [from] = update.downloads.slice(-1);
    expect(from?.[1]).toBe(206);
    expect(from?.[0]).toBeGreaterThan(0);
  }, 240_000);
});
