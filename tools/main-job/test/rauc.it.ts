import { createHash, randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { FirmwareService } from './firmware-service.fixture.js';
import { OfferedUpdate, type UpdatePlan } from './offered-update.fixture.js';
import { RaucBoard, type RaucOptions, findRauc } from './rauc.fixture.js';
import { ServiceClock } from './service-clock.fixture.js';

const found = await findRauc();
if ('missing' in found) process.stderr.write(`NOT TESTED: a real rauc-hawkbit-updater: ${found.missing}\n`);

const hourMs = 3_600_000;
let clock: ServiceClock;
let service: FirmwareService;
beforeAll(async () => {
  if ('missing' in found) return;
  clock = new ServiceClock();
  service = await FirmwareService.of({
    ...{ ENGINE_INTERVAL: '100ms', POLLING_INTERVAL: '30s', POLLING_DEVIATION_PERCENT: '0' },
    ...clock.env,
  });
}, 120_000);
afterAll(async () => {
  await service?.dispose();
  clock?.dispose();
}, 60_000);

const boards: RaucBoard[] = [];
const updates: OfferedUpdate[] = [];
afterEach(async () => {
  clock.goAhead(0);
  for (const board of boards.splice(0)) await board.close();
  for (const update of updates.splice(0)) await update.proxy.close();
});

interface Device {
  readonly board: RaucBoard;
  readonly update: OfferedUpdate;
}

/** A device without power, for which there is an update. */
async function offered(bundle: Buffer, plan: UpdatePlan = {}): Promise<Device> {
  if ('missing' in found) throw new Error(found.missing);
  const board = await RaucBoard.open(found.programs);
  boards.push(board);
  const update = await OfferedUpdate.of(service, async () => bundle, plan);
  updates.push(update);
  update.log = () => board.log();
  return { board, update };
}

const start = ({ board, update }: Device, options: RaucOptions = {}): Promise<void> =>
  board.start(update.proxy.url, update.account, options);

const hasInstalled = async ({ board, update }: Device, bundle: Buffer): Promise<void> => {
  expect(await update.reached('succeeded')).toBeNull();
  expect(board.installer.calls.map(({ content }) => sha256(content))).toEqual([sha256(bundle)]);
  expect(await update.believed()).toBe('2.0.0');
  await update.hasSucceeded();
};

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

/** In minutes of the week, of the hour before now and the hour behind it, so many hours from now. */
function windowAround(hours: number): { readonly fromMinute: number; readonly toMinute: number } {
  const minute = (atMs: number): number => {
    const at = new Date(atMs);
    return at.getUTCDay() * 1_440 + at.getUTCHours() * 60 + at.getUTCMinutes();
  };
  const aroundMs = Date.now() + hours * hourMs;
  return { fromMinute: minute(aroundMs - hourMs), toMinute: minute(aroundMs + hourMs) };
}

('missing' in found ? describe.skip : describe)('a device with rauc-hawkbit-updater', () => {
  test('says what it is, loads the bundle, hands it to RAUC as it was uploaded, tells how far it is, and runs it', async () => {
    const bundle = randomBytes(300_000);
    const device = await offered(bundle);
    const attributes = { product: 'board', serial: `SN-${device.update.name}` };
    await start(device, { attributes });
    await hasInstalled(device, bundle);
    expect(device.board.installer.calls[0]?.source).toBe(device.board.bundle);
    expect(await device.update.attributes()).toEqual(attributes);
    expect(await device.update.words()).toEqual([
      ...[expect.stringMatching(/^Download complete\. .* MB\/s$/), 'File checksum OK.'],
      ...['installing', ' 40% Checking bundle done.', '100% Installing done.', 'idle'],
      'Software bundle installed successfully.',
    ]);
    await device.update.isOver();
    await device.update.asksAgain();
    expect(device.update.downloads).toEqual([[0, 200]]);
  }, 240_000);

  test('whose RAUC fails says so and why, and has failed', async () => {
    const device = await offered(randomBytes(5_000));
    device.board.installer.fail('signature verification failed');
    await start(device);
    expect(await device.update.reached('failed')).toBe('reported');
    expect((await device.update.words()).join('\n')).toContain('LastError: signature verification failed');
    expect((await device.update.words()).at(-1)).toBe('Failed to install software bundle.');
    expect(await device.update.believed()).toBeUndefined();
    await device.update.isOver();
    await device.update.asksAgain();
    expect(device.board.installer.calls).toHaveLength(1);
  }, 240_000);

  test('refuses a bundle that arrives with one wrong byte, and does not hand it to RAUC', async () => {
    const device = await offered(randomBytes(5_000), { downloads: { wrongByte: 4_000 } });
    await start(device);
    expect(await device.update.reached('failed')).toBe('reported');
    expect((await device.update.words()).at(-1)).toMatch(/checksum/i);
    expect(await device.update.believed()).toBeUndefined();
    await device.update.isOver();
    expect(device.board.installer.calls).toEqual([]);
  }, 240_000);

  test('that is told to stop before it has begun loads nothing, and confirms it', async () => {
    const device = await offered(randomBytes(5_000));
    await device.update.cancel();
    await device.update.reached('cancelling');
    await start(device);
    await device.update.reached('cancelled');
    await device.update.isOver();
    await device.update.asksAgain();
    expect(device.update.downloads).toEqual([]);
    expect(device.board.installer.calls).toEqual([]);
  }, 240_000);

  test('that is told to stop while it downloads confirms it when all is there, and installs nothing', async () => {
    const device = await offered(randomBytes(2_000_000), { downloads: { slowAfterBytes: 100_000 } });
    await start(device);
    await device.update.until(() => device.update.proxy.downloaded > 100_000, 'a download');
    await device.update.cancel();
    await device.update.until(() => /Received cancell?ation/.test(device.board.log()), 'the word to have arrived');
    device.update.proxy.hurry(); // it looks at what it was told behind the last byte only
    await device.update.reached('cancelled');
    await device.update.isOver();
    await device.update.asksAgain();
    expect(device.board.installer.calls).toEqual([]);
    expect(await device.update.believed()).toBeUndefined();
  }, 240_000);

  test('that is told to stop while RAUC installs goes on, says so, and runs the update', async () => {
    const bundle = randomBytes(5_000);
    const device = await offered(bundle);
    const letGo = device.board.installer.hold();
    await start(device);
    await device.update.said('Checking bundle done.');
    await device.update.cancel();
    await device.update.reached('installing');
    letGo();
    await hasInstalled(device, bundle);
  }, 240_000);

  test('that loses power while RAUC installs begins anew in the same attempt', async () => {
    const bundle = randomBytes(5_000);
    const device = await offered(bundle);
    const letGo = device.board.installer.hold();
    await start(device);
    await device.update.said('Checking bundle done.');
    await device.board.kill();
    letGo();
    await start(device);
    expect(await device.update.reached('succeeded')).toBeNull();
    expect(device.board.installer.calls.at(-1)?.content.equals(bundle)).toBe(true);
    expect(await device.update.attempts()).toBe(1);
    await device.update.hasSucceeded();
  }, 240_000);

  test('whose connection breaks in the middle asks for the rest only, where it may resume, and installs the whole', async () => {
    const bundle = randomBytes(400_000);
    const device = await offered(bundle, { downloads: { cutAfterBytes: 150_000 } });
    await start(device, { settings: { resume_downloads: 'true' } });
    await hasInstalled(device, bundle);
    const [first, second, ...more] = device.update.downloads;
    expect([first, more]).toEqual([[0, 200], []]);
    expect(second?.[1]).toBe(206);
    expect(second?.[0]).toBeGreaterThan(0);
    expect(second?.[0]).toBeLessThanOrEqual(150_000);
  }, 240_000);

  test('that lets RAUC load the bundle itself passes on who it is, and RAUC gets the same bytes', async () => {
    const bundle = randomBytes(50_000);
    const device = await offered(bundle);
    await start(device, { settings: { stream_bundle: 'true' } });
    await hasInstalled(device, bundle);
    expect(device.board.installer.calls[0]?.source).toMatch(/^http:/);
  }, 240_000);

  test('is free to choose when an update is soft, and installs it', async () => {
    const bundle = randomBytes(5_000);
    const device = await offered(bundle, { mode: 'soft' });
    await start(device);
    await hasInstalled(device, bundle);
  }, 240_000);

  test('loads what is to be downloaded only, says so, and does not install it', async () => {
    const device = await offered(randomBytes(5_000), { mode: 'download-only' });
    await start(device);
    expect(await device.update.reached('succeeded')).toBeNull();
    await device.update.isOver();
    await device.update.asksAgain();
    expect(device.board.installer.calls).toEqual([]);
    expect(await device.update.believed()).toBeUndefined();
    await device.update.hasSucceeded();
  }, 240_000);

  test('loads an update while its window is closed, waits, and installs when the next one opens', async () => {
    const bundle = randomBytes(5_000);
    const device = await offered(bundle, { windows: [windowAround(0), windowAround(4)] });
    clock.goAhead(2 * hourMs);
    await start(device);
    await device.update.said('File checksum OK.');
    await device.update.asksAgain();
    expect(device.board.installer.calls).toEqual([]);
    clock.goAhead(4 * hourMs);
    await hasInstalled(device, bundle);
    // It asks for the rest of what it has, and there is none.
    expect(device.update.downloads).toEqual([
      [0, 200],
      [bundle.length, 416],
    ]);
  }, 240_000);
});
