import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ArtifactStore } from '../src/artifacts/artifact-store.js';
import { FilesystemStore } from '../src/artifacts/filesystem-store.js';
import { S3Store } from '../src/artifacts/s3-store.js';
import { type Folder, contentOf, sha256Of, spooled, useFolder } from './artifact-files.js';
import { type S3Fixture, startS3Server } from './artifact-s3-server.js';

let folder: Folder;
let s3: S3Fixture;
beforeAll(async () => {
  folder = await useFolder();
  s3 = await startS3Server();
});
afterAll(async () => {
  await s3[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const filesystem = (): ArtifactStore => new FilesystemStore(join(folder.path, 'store'));
const absent = sha256Of(Buffer.from('absent'));

describe.each([
  ['the filesystem store', filesystem],
  ['the S3 store', () => new S3Store(s3.settings)],
])('%s', (_name, make: () => ArtifactStore) => {
  let store: ArtifactStore;
  beforeAll(() => void (store = make()));
  afterAll(() => store.close());

  test('gives back the bytes that were put, whole and by ranges with both ends included', async () => {
    const content = randomBytes(100_000);
    const file = await spooled(folder.path, content);
    await store.put(file);
    expect(await store.stat(file.sha256)).toEqual({ size: 100_000 });
    const range = async (start: number, end: number) => contentOf(await store.open(file.sha256, { start, end }));
    expect((await range(0, 99_999)).equals(content)).toBe(true);
    for (const [start, end] of [
      [1, 1],
      [0, 1],
      [99_999, 99_999],
      [10, 65_600],
    ] as const) {
      expect([start, end, sha256Of(await range(start, end))]).toEqual([
        start,
        end,
        sha256Of(content.subarray(start, end + 1)),
      ]);
    }
  });

  test('keeps a file of several parts', async () => {
    const content = randomBytes(20_000_000);
    const file = await spooled(folder.path, content);
    await store.put(file);
    const found = await contentOf(await store.open(file.sha256, { start: 0, end: content.length - 1 }));
    expect(sha256Of(found)).toBe(file.sha256);
  });

  test('takes the same file again, also at the same time, and leaves the spooled one', async () => {
    const file = await spooled(folder.path);
    await Promise.all([store.put(file), store.put(file), make().put(file)]);
    await store.put(file);
    expect(await store.stat(file.sha256)).toEqual({ size: file.size });
    expect((await readFile(file.path)).length).toBe(file.size);
  });

  test('says what is absent, and deletes it without complaint', async () => {
    expect(await store.stat(absent)).toBeUndefined();
    await expect(store.open(absent, { start: 0, end: 9 })).rejects.toMatchObject({ code: 'artifact-store.missing' });
    await store.delete(absent);
  });

  test('forgets what was deleted, and takes it again', async () => {
    const file = await spooled(folder.path);
    await store.put(file);
    await store.delete(file.sha256);
    expect(await store.stat(file.sha256)).toBeUndefined();
    await store.put(file);
    expect(await store.stat(file.sha256)).toEqual({ size: file.size });
  });

  test('does not keep a file that has another length than was said', async () => {
    const file = await spooled(folder.path);
    await expect(store.put({ ...file, size: file.size + 1 })).rejects.toMatchObject({ code: 'artifact-store.corrupt' });
  });

  test('fails with a name when the spooled file is gone', async () => {
    const file = { path: join(folder.path, randomUUID()), sha256: sha256Of(randomBytes(8)), size: 8 };
    await expect(store.put(file)).rejects.toMatchObject({ code: 'artifact-store.unavailable', retryable: true });
    expect(await store.stat(file.sha256)).toBeUndefined();
  });
});

describe('the filesystem store', () => {
  const pathOf = (sha256: string): string => join(folder.path, 'store', sha256.slice(0, 2), sha256);

  test('never overwrites a blob, whatever it is, and says when it is not what it should be', async () => {
    const file = await spooled(folder.path);
    await mkdir(dirname(pathOf(file.sha256)), { recursive: true });
    await writeFile(pathOf(file.sha256), 'something else');
    await expect(filesystem().put(file)).rejects.toMatchObject({ code: 'artifact-store.corrupt' });
    expect(await readFile(pathOf(file.sha256), 'utf8')).toBe('something else');
  });

  test('makes blobs read-only and leaves nothing beside them', async () => {
    const file = await spooled(folder.path);
    await filesystem().put(file);
    expect((await stat(pathOf(file.sha256))).mode & 0o222).toBe(0);
    const names = await readdir(dirname(pathOf(file.sha256)));
    expect(names.filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('takes a file from another file system', async () => {
    const file = await spooled('/dev/shm');
    await filesystem().put(file);
    expect(await filesystem().stat(file.sha256)).toEqual({ size: file.size });
  });

  test('has no names but digests', async () => {
    await expect(filesystem().stat('../../etc/passwd')).rejects.toThrow('named by a SHA-256');
  });
});

describe('the S3 store', () => {
  test('discards what was not read with the digest that was said', async () => {
    const store = new S3Store(s3.settings);
    const file = { ...(await spooled(folder.path)), sha256: absent };
    await expect(store.put(file)).rejects.toMatchObject({ code: 'artifact-store.corrupt' });
    expect(await store.stat(absent)).toBeUndefined();
    await store.close();
  });

  test('tells of a server that is away without its address or credentials', async () => {
    const store = new S3Store({ ...s3.settings, endpoint: 'http://127.0.0.1:1' });
    const failure = await store.stat(absent).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ code: 'artifact-store.unavailable', retryable: true });
    expect((failure as Error).message).not.toMatch(/127\.0\.0\.1|S3RVER/);
    await store.close();
  });

  test('hands out nothing when the server answers another range', async () => {
    const store = new S3Store(s3.settings);
    const file = await spooled(folder.path);
    await store.put(file);
    await expect(store.open(file.sha256, { start: 0, end: 0 })).rejects.toThrow('another range');
    await store.close();
  });

  test('says that a bucket is absent, not the blob', async () => {
    const store = new S3Store({ ...s3.settings, bucket: 'nowhere' });
    const file = await spooled(folder.path);
    await expect(store.put(file)).rejects.toMatchObject({ code: 'artifact-store.unavailable' });
    await store.close();
  });
});
