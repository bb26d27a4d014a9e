import { randomBytes } from 'node:crypto';
import { type Socket, connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitFor } from '@myelin/testing';
import { type DeviceClient, Fleet, RegistryWriter } from './devices-fixture.js';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';

const burst = 300;
let fixture: FirmwareFixture;
let registry: RegistryWriter;
let fleet: Fleet;
beforeAll(async () => {
  fixture = await startFixture({
    ...{ ENGINE_INTERVAL: '50ms', DEVICE_REQUEST_RATE: '1', DEVICE_REQUEST_BURST: String(burst) },
    ...{ DEVICE_BODY_IDLE: '400ms', DEVICE_OPEN_DOWNLOADS: '3' },
  });
  registry = await RegistryWriter.connect(fixture.kafka.settings);
  fleet = await Fleet.of(fixture, registry);
}, 120_000);
afterAll(async () => {
  await registry?.close();
  await fixture?.dispose();
}, 60_000);

/** A request as it is on the wire; the test decides what follows. */
function opened({ of, url }: DeviceClient, request: string, ...headers: string[]): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const head = [request.replace('BASE', `/${of.tenant}/controller/v1/${of.device}`), `Host: ${hostname}`];
  socket.write([...head, `Authorization: ${of.authorization}`, ...headers, '', ''].join('\r\n'));
  return socket.on('error', () => undefined);
}

/** Everything that comes until the other side ends. */
async function answerOn(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

test('a device in a storm is told when to come again, whatever it asks for; nothing is looked up, and others are served', async () => {
  const [storm, calm] = [await fleet.device('storm'), await fleet.device('calm')];
  const refused = await waitFor(
    async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => storm.poll()));
      return answers.find(({ status }) => status !== 200);
    },
    { timeoutMs: 60_000, what: 'a refusal' },
  );
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(refused.body).toMatchObject({ errorCode: 'hawkbit.server.error.quota.tooManyRequests' });
  const kinds = await Promise.all([
    storm.get('/deploymentBase/1'),
    storm.feedback('1', ['closed', 'success']),
    storm.send('PUT', '/configData', '{"data":{"a":"b"}}'),
  ]);
  expect(kinds.map(({ status }) => status)).toContain(429);
  expect((await calm.poll()).status).toBe(200);
});

test('thousands of overlapping ranges of a file are no storm: each is the slice that was asked for', async () => {
  const content = randomBytes(300_000);
  const device = await fleet.device('streams');
  await fleet.rollout(await fleet.release(content, '3.0.0'), '3.0.0', { target: { devices: ['streams'] } });
  const file = `/softwaremodules/${await device.offered()}/artifacts/fw.swu`;
  let [asked, wrong] = [0, 0];
  const reader = async (): Promise<void> => {
    while (asked < 2_000) {
      const start = (asked++ * 131) % (content.length - 4_096);
      const { status, bytes } = await device.get(file, { range: `bytes=${start}-${start + 4_095}` });
      if (status !== 206 || !bytes.equals(content.subarray(start, start + 4_096))) wrong += 1;
    }
  };
  await Promise.all([reader(), reader(), reader()]);
  expect(wrong).toBe(0);
}, 120_000);

test('a device holds so many downloads open at once and no more; one that ends makes room', async () => {
  const content = randomBytes(30_000_000);
  const device = await fleet.device('hoards');
  await fleet.rollout(await fleet.release(content, '4.0.0'), '4.0.0', { target: { devices: ['hoards'] } });
  const file = `/softwaremodules/${await device.offered()}/artifacts/fw.swu`;
  const hoarded = Array.from({ length: 3 }, () => opened(device, `GET BASE${file} HTTP/1.1`));
  await Promise.all(hoarded.map((socket) => new Promise((resolve) => socket.once('readable', resolve))));
  const refused = await device.get(file, { range: 'bytes=0-9' });
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
  hoarded[0]?.destroy();
  const isServed = async (): Promise<boolean> => (await device.get(file, { range: 'bytes=0-9' })).status === 206;
  await waitFor(isServed, { timeoutMs: 30_000, what: 'room for another download' });
  for (const socket of hoarded) socket.destroy();
}, 60_000);

test('a body that stands still is given up soon, and one that comes slowly is taken', async () => {
  const device = await fleet.device('slow');
  const body = '{"data":{"hwRevision":"1.0"}}';
  const put = (): Socket =>
    opened(device, 'PUT BASE/configData HTTP/1.1', `Content-Length: ${body.length}`, 'Content-Type: application/json');
  const still = put();
  still.write(body.slice(0, 5));
  const answer = await answerOn(still);
  expect(answer).toMatch(/^HTTP\/1.1 408 /);
  expect(answer).toContain('hawkbit.server.error.rest.body.tooSlow');

  const slow = put();
  const startedAt = performance.now();
  const pieces = body.match(/.{1,3}/g) ?? [];
  await new Promise<void>((resolve) => {
    const next = (): void => {
      slow.write(pieces.shift() ?? '');
      if (pieces.length > 0) setTimeout(next, 100);
      else resolve();
    };
    next();
  });
  const [first] = (await new Promise<Buffer>((resolve) => slow.once('data', resolve))).toString().split('\r\n');
  expect([first, performance.now() - startedAt > 400]).toEqual(['HTTP/1.1 200 OK', true]);
  slow.destroy();
}, 60_000);
