import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { events } from '@myelin/contracts';
import {
  ApiClient,
  type DatabaseFixture,
  type KafkaFixture,
  type TokenIssuer,
  freePort,
  spawnService,
  startTokenIssuer,
  useDatabase,
  useKafka,
  waitFor,
} from '@myelin/testing';
import * as tusClient from 'tus-js-client';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations.js';
import { beginUpload, openPiece, progressOf, sendPiece } from './artifact-client.js';
import { sha256Of } from './artifact-files.js';

type Service = Awaited<ReturnType<typeof spawnService>>;

let kafka: KafkaFixture;
let database: DatabaseFixture;
let issuer: TokenIssuer;
let folder: string;
let env: Record<string, string>;
let url: string;
let api: ApiClient;

beforeAll(async () => {
  kafka = useKafka();
  await kafka.ensureTopics(events, { partitions: 1 });
  database = await useDatabase({ service: 'firmware-rollout', migrations, entities });
  issuer = await startTokenIssuer();
  folder = await mkdtemp(join(tmpdir(), 'artifact-process-'));
  env = {
    ...{ DATABASE_URL: database.appUrl, DATABASE_SCHEMA: database.schema, LOG_LEVEL: 'warn' },
    ...{ KAFKA_BROKERS: kafka.settings.brokers.join(','), KAFKA_NAMESPACE: kafka.settings.namespace },
    ...{ OIDC_ISSUER: issuer.issuer, HTTP_PORT: String(await freePort()), KAFKAJS_NO_PARTITIONER_WARNING: '1' },
    ...{ ARTIFACT_FOLDER: folder, ARTIFACT_SPOOL: join(folder, 'spool') },
  };
  url = `http://127.0.0.1:${env['HTTP_PORT']}`;
  api = new ApiClient(url, await issuer.token({ tenant: 'acme', roles: ['release-manager'] }));
}, 60_000);
afterAll(async () => {
  await issuer.close();
  await database.dispose();
  await kafka.dispose();
  await rm(folder, { recursive: true, force: true });
});

const start = (): Promise<Service> =>
  spawnService('apps/firmware-rollout/dist/main.js', env, { readyUrl: `${url}/health/ready` });

/** Resident memory of a process in bytes, now and at most. */
function memoryOf(pid: number): { now: number; most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const read = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1_024;
  return { now: read('VmRSS'), most: read('VmHWM') };
}

describe('the service as a process', () => {
  test('takes 200 MB in one piece and its memory grows by less than half of that', async () => {
    await using service = await start();
    const piece = randomBytes(1_000_000);
    const pieces = 200;
    const hash = createHash('sha256');
    for (let nth = 0; nth < pieces; nth++) hash.update(piece);
    const warm = await beginUpload(api, { length: 5_000_000 });
    await sendPiece(api, warm, 0, randomBytes(5_000_000));
    const before = memoryOf(service.pid).now;
    const upload = await beginUpload(api, { length: pieces * piece.length });
    const { outgoing, answered } = openPiece(api, upload, 0);
    Readable.from(Array<Buffer>(pieces).fill(piece)).pipe(outgoing);
    const answer = await answered;
    expect([answer.statusCode, answer.headers['artifact-sha256']]).toEqual([204, hash.digest('hex')]);
    const grownBytes = memoryOf(service.pid).most - before;
    console.info(`memory for an upload of 200 MB: ${(grownBytes / 1_048_576).toFixed(1)} MiB more than before`);
    expect(grownBytes).toBeLessThan(100_000_000);
  }, 120_000);

  test('killed in the middle of a body loses nothing that was acknowledged, and the next process goes on', async () => {
    const content = randomBytes(3_000_000);
    let upload: string;
    {
      await using service = await start();
      upload = await beginUpload(api, { length: content.length, sha256: sha256Of(content) });
      await sendPiece(api, upload, 0, content.subarray(0, 1_000_000));
      const { outgoing } = openPiece(api, upload, 1_000_000);
      outgoing.write(content.subarray(1_000_000, 2_000_000));
      const path = join(folder, 'spool', upload.split('/').at(-1) ?? '');
      await waitFor(() => readFileSync(path).length === 2_000_000, { what: 'the bytes to arrive' });
      service.kill('SIGKILL');
      await service.exit();
    }
    await using next = await start();
    const { offset } = await progressOf(api, upload);
    expect(offset).toBeGreaterThanOrEqual(1_000_000);
    const status = (piece: Awaited<ReturnType<typeof sendPiece>>): number => piece.status;
    // The process that died holds the upload for some seconds yet.
    const answer = await waitFor(
      async () => {
        const piece = await sendPiece(api, upload, offset, content.subarray(offset));
        return status(piece) === 423 ? undefined : piece;
      },
      { what: 'the upload to be let go of', timeoutMs: 30_000, intervalMs: 250 },
    );
    expect([answer.status, answer.headers.get('artifact-sha256')]).toEqual([204, sha256Of(content)]);
    next.kill('SIGTERM');
    expect(await next.exit()).toEqual({ code: 0, signal: null });
  }, 90_000);
});

describe('tus-js-client', () => {
  const endpoint = (): string => `${url}/v1/artifact-uploads`;
  const headers = (): Record<string, string> => ({ authorization: `Bearer ${api.token ?? ''}` });
  const metadata = { filename: 'from-tus.bin' };

  test('uploads, is interrupted, finds out how far it was, and goes on', async () => {
    await using service = await start();
    expect(service.pid).toBeGreaterThan(0);
    const content = randomBytes(4_000_000);
    const interrupted = await new Promise<string>((resolve, reject) => {
      const upload = new tusClient.Upload(content, {
        ...{ endpoint: endpoint(), headers: headers(), metadata, chunkSize: 500_000, retryDelays: null },
        onError: reject,
        onSuccess: () => reject(new Error('it was not interrupted')),
        onChunkComplete: (_size, accepted) => {
          if (accepted >= 1_500_000) void upload.abort().then(() => resolve(upload.url ?? ''), reject);
        },
      });
      upload.start();
    });
    const { offset } = await progressOf(api, new URL(interrupted).pathname);
    expect(offset).toBeGreaterThanOrEqual(1_500_000);
    expect(offset).toBeLessThan(content.length);
    let sent = 0;
    await new Promise<void>((resolve, reject) => {
      const upload = new tusClient.Upload(content, {
        ...{ uploadUrl: interrupted, headers: headers(), metadata, chunkSize: 500_000, retryDelays: [50, 200, 1_000] },
        onError: reject,
        onSuccess: () => resolve(),
        onChunkComplete: (size) => void (sent += size),
      });
      upload.start();
    });
    expect(sent).toBe(content.length - offset);
    expect((await api.get(`/v1/artifacts/${sha256Of(content)}`)).body).toMatchObject({
      ...{ size: content.length, fileName: 'from-tus.bin' },
    });
  }, 60_000);

  test('is told why it is refused', async () => {
    await using service = await start();
    expect(service.pid).toBeGreaterThan(0);
    const failure = await new Promise<Error>((resolve, reject) => {
      const upload = new tusClient.Upload(randomBytes(10), {
        ...{ endpoint: endpoint(), headers: headers(), metadata: { filename: '../evil' }, retryDelays: null },
        onError: resolve,
        onSuccess: () => reject(new Error('it was taken')),
      });
      upload.start();
    });
    expect(failure.message).toContain('urn:myelin:problem:validation-failed');
  });
});
