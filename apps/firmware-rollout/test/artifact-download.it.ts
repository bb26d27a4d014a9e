import { randomBytes } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ApiClient, waitFor } from '@myelin/testing';
import fc from 'fast-check';
import { uploadArtifact } from './artifact-client.js';
import { openFilesIn, sha256Of } from './artifact-files.js';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';

let fixture: FirmwareFixture;
let api: ApiClient;
let viewer: ApiClient;
const hot = randomBytes(50_000);
/** Larger than what is kept in memory, and than what lies in socket buffers. */
const large = randomBytes(16_000_000);

beforeAll(async () => {
  fixture = await startFixture({ ARTIFACT_CACHE: '10MiB', ARTIFACT_CACHE_FILE: '1MiB' });
  api = await fixture.as('acme');
  viewer = await fixture.as('acme', 'viewer');
  await uploadArtifact(api, hot, 'hot.bin');
  await uploadArtifact(api, large, 'large.bin');
});
afterAll(() => fixture.dispose());

const pathOf = (content: Buffer): string => `/v1/artifacts/${digestOf(content)}/content`;
const known = new Map<Buffer, string>();
/** Of a large file once. */
function digestOf(content: Buffer): string {
  const digest = known.get(content) ?? sha256Of(content);
  known.set(content, digest);
  return digest;
}

async function download(content: Buffer, headers: Record<string, string> = {}, method = 'GET') {
  const authorization = `Bearer ${viewer.token ?? ''}`;
  const response = await fetch(viewer.url + pathOf(content), { method, headers: { authorization, ...headers } });
  return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
}

describe.each([
  ['a hot artifact', hot],
  ['an artifact that is streamed', large],
])('the content of %s', (_, content) => {
  test('is what was uploaded, with its length and its digest, never in chunks', async () => {
    const { status, headers, body } = await download(content);
    expect([status, sha256Of(body)]).toEqual([200, digestOf(content)]);
    expect(headers.get('content-length')).toBe(String(content.length));
    expect(headers.get('etag')).toBe(`"${digestOf(content)}"`);
    expect([headers.get('transfer-encoding'), headers.get('accept-ranges')]).toEqual([null, 'bytes']);
    expect(headers.get('x-request-id')).toMatch(/./);
  });

  test('has the same head for HEAD', async () => {
    const { status, headers, body } = await download(content, { range: 'bytes=0-1' }, 'HEAD');
    expect([status, headers.get('content-length'), body.length]).toEqual([200, String(content.length), 0]);
  });

  test('in any ranges put together is the file, each the slice that was asked for', async () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: content.length - 1 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(cuts, async (places) => {
        const bounds = [0, ...places.sort((a, b) => a - b), content.length];
        const parts: Buffer[] = [];
        for (let nth = 0; nth + 1 < bounds.length; nth++) {
          const [start, next] = [bounds[nth] as number, bounds[nth + 1] as number];
          const { status, body } = await download(content, { range: `bytes=${start}-${next - 1}` });
          expect([status, body.equals(content.subarray(start, next))]).toEqual([206, true]);
          parts.push(body);
        }
        expect(Buffer.concat(parts).equals(content)).toBe(true);
      }),
      { numRuns: content === large ? 5 : 50 },
    );
  }, 90_000);

  test('goes on after a break at every tenth, only if it still is the same', async () => {
    for (let tenth = 1; tenth < 10; tenth++) {
      const start = Math.floor((content.length * tenth) / 10);
      const range = { range: `bytes=${start}-` };
      const { status, body } = await download(content, { ...range, 'if-range': `"${digestOf(content)}"` });
      expect([status, body.equals(content.subarray(start))]).toEqual([206, true]);
    }
    const other = await download(content, { range: 'bytes=5-', 'if-range': '"another"' });
    expect([other.status, other.body.length]).toEqual([200, content.length]);
  });

  test('is not sent again to whoever has it', async () => {
    const { status, body } = await download(content, { 'if-none-match': `"${digestOf(content)}"` });
    expect([status, body.length]).toEqual([304, 0]);
  });
});

describe('what is refused', () => {
  test('is a range beyond the end, and thousands of ranges at once: 416 with the size and a problem', async () => {
    for (const range of ['bytes=50000-', `bytes=${Array(2_000).fill('0-').join(',')}`]) {
      const { status, headers, body } = await download(hot, { range });
      expect([status, headers.get('content-range')]).toEqual([416, 'bytes */50000']);
      expect(headers.get('content-type')).toBe('application/problem+json');
      expect(JSON.parse(body.toString())).toMatchObject({ type: 'urn:myelin:problem:range-not-satisfiable' });
    }
  });

  test('is another artifact than If-Match names: 412', async () => {
    expect((await download(hot, { 'if-match': '"another"' })).status).toBe(412);
  });

  test('is what another tenant has, also if one knows its digest, and what has no token', async () => {
    const stranger = await fixture.as('globex');
    expect((await stranger.get(pathOf(hot))).status).toBe(404);
    expect((await stranger.get(`/v1/artifacts/${sha256Of(hot)}`)).status).toBe(404);
    expect((await stranger.get('/v1/artifacts')).body.items).toEqual([]);
    expect((await fetch(viewer.url + pathOf(hot))).status).toBe(401);
    expect((await viewer.get('/v1/artifacts/nonsense/content')).status).toBe(400);
  });
});

describe('a download', () => {
  test('that its client leaves, or never reads, leaves no file open when it is over', async () => {
    const headers = { authorization: `Bearer ${viewer.token ?? ''}` };
    for (let nth = 0; nth < 5; nth++) {
      const incoming = request(viewer.url + pathOf(large), { headers });
      await new Promise<void>((resolve, reject) => {
        incoming.once('response', (response) => response.once('readable', resolve));
        incoming.once('error', reject);
        incoming.end();
      });
      expect((await openFilesIn(fixture.artifactFolder)).length).toBe(1);
      incoming.destroy();
      await waitFor(async () => (await openFilesIn(fixture.artifactFolder)).length === 0, {
        what: 'the file to close',
      });
    }
  });

  test('of which the store has lost the bytes fails before a head is sent', async () => {
    const lost = randomBytes(2_000_000);
    await uploadArtifact(api, lost, 'lost.bin');
    const sha256 = sha256Of(lost);
    await unlink(join(fixture.artifactFolder, sha256.slice(0, 2), sha256));
    const { status, headers } = await download(lost);
    expect([status, headers.get('content-type')]).toEqual([500, 'application/problem+json']);
  });
});

describe('the list of artifacts', () => {
  test('has all of the tenant, the latest first, in pages', async () => {
    const lister = await fixture.as('lister');
    const digests: string[] = [];
    for (let nth = 0; nth < 5; nth++) digests.push(await uploadArtifact(lister, randomBytes(100), `f${nth}.bin`));
    const found: unknown[] = [];
    for (let cursor = ''; ;) {
      const { body } = await lister.get(`/v1/artifacts?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      found.push(...body.items.map(({ sha256 }) => sha256));
      if (body.nextCursor === undefined) break;
      cursor = body.nextCursor;
    }
    expect(found).toEqual(digests.reverse());
    expect(await lister.get('/v1/artifacts?cursor=bm9uc2Vuc2U')).toMatchObject({ status: 400 });
  });
});
