import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, get } from 'node:http';
import { type Socket, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ApiClient, waitFor } from '@myelin/testing';
import { uploadArtifact } from './artifact-client.js';
import { openFilesIn, sha256Of } from './artifact-files.js';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';

let fixture: FirmwareFixture;
let viewer: ApiClient;
const idleMs = 1_000;
/** Both larger than what lies in socket buffers. */
const hot = randomBytes(12_000_000);
const streamed = randomBytes(16_000_000);

beforeAll(async () => {
  fixture = await startFixture({
    ...{ ARTIFACT_CACHE: '20MiB', ARTIFACT_CACHE_FILE: '12MiB', ARTIFACT_DOWNLOAD_IDLE: `${idleMs}ms` },
  });
  const api = await fixture.as('acme');
  viewer = await fixture.as('acme', 'viewer');
  await uploadArtifact(api, hot, 'hot.bin');
  await uploadArtifact(api, streamed, 'streamed.bin');
}, 120_000);
afterAll(() => fixture?.dispose());

/** Of large files once. */
const digests = new Map<Buffer, string>([hot, streamed].map((content) => [content, sha256Of(content)]));
const pathOf = (content: Buffer): string => `/v1/artifacts/${digests.get(content) ?? ''}/content`;

/** Takes what comes until it has `enough`, then its connection dies. */
function loadPart(path: string, from: number, enough: number): Promise<Buffer> {
  const headers = { authorization: `Bearer ${viewer.token ?? ''}`, range: `bytes=${from}-` };
  return new Promise((resolve, reject) => {
    get(viewer.url + path, { headers, agent: false }, (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size < enough) return;
        response.destroy();
        resolve(Buffer.concat(chunks));
      });
      response.on('end', () => resolve(Buffer.concat(chunks)));
    }).once('error', reject);
  });
}

/** A connection that asks and reads nothing of its own accord. */
function asking(path: string): Socket {
  const { hostname, port } = new URL(viewer.url);
  const socket = connect(Number(port), hostname).on('error', () => undefined);
  socket.pause();
  const head = [`GET ${path} HTTP/1.1`, `Host: ${hostname}`, `Authorization: Bearer ${viewer.token ?? ''}`, '', ''];
  socket.write(head.join('\r\n'));
  return socket;
}

/** The next connection as the service has it. */
async function nextConnection(): Promise<Socket> {
  const [socket] = (await once(fixture.service.app.getHttpServer(), 'connection')) as [Socket];
  return socket;
}

const noFileIsOpen = async (): Promise<boolean> => (await openFilesIn(fixture.artifactFolder)).length === 0;

describe.each([
  ['from memory', hot],
  ['that is streamed', streamed],
])('a download %s', (_, content) => {
  test('that dies at every tenth of its length ends with the same digest', async () => {
    const hash = createHash('sha256');
    let [size, deaths] = [0, 0];
    while (size < content.length) {
      const part = await loadPart(pathOf(content), size, content.length / 10);
      hash.update(part);
      size += part.length;
      deaths += 1;
    }
    expect([size, hash.digest('hex')]).toEqual([content.length, sha256Of(content)]);
    expect(deaths).toBeGreaterThanOrEqual(9);
  });

  test('is cut off when its client takes nothing', async () => {
    const taken = nextConnection();
    const socket = asking(pathOf(content));
    const connection = await taken;
    await new Promise((resolve) => socket.resume().once('data', resolve));
    socket.pause();
    await waitFor(() => connection.destroyed, { timeoutMs: 60_000, what: 'the connection to be cut' });
    // What lies in buffers comes all the same; the rest is missing.
    let read = 0;
    socket.on('data', (chunk: Buffer) => (read += chunk.length)).resume();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(read).toBeLessThan(content.length);
    await waitFor(noFileIsOpen, { timeoutMs: 30_000, what: 'its file to close' });
  }, 90_000);

  test('goes on to its end however slowly its client takes it', async () => {
    const socket = asking(pathOf(content));
    const startedAt = performance.now();
    const chunks: Buffer[] = [];
    let size = 0;
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (Math.floor(size / 1_000_000) === Math.floor((size - chunk.length) / 1_000_000)) return;
      socket.pause();
      setTimeout(() => socket.resume(), idleMs / 4);
    });
    socket.resume();
    const bodyAt = (): number => Buffer.concat(chunks.slice(0, 1)).indexOf('\r\n\r\n') + 4;
    await waitFor(() => size >= content.length && size - bodyAt() >= content.length, {
      ...{ timeoutMs: 60_000, what: 'the whole file' },
    });
    expect(sha256Of(Buffer.concat(chunks).subarray(bodyAt()))).toBe(sha256Of(content));
    expect(performance.now() - startedAt).toBeGreaterThan(2 * idleMs);
    socket.destroy();
  }, 90_000);
});
