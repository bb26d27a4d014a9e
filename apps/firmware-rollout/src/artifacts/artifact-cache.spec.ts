import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { ArtifactCache } from './artifact-cache.js';
import type { ArtifactStore } from './artifact-store.js';
import { missingBlob } from './artifact-store.errors.js';

const sha256Of = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

/** A store that counts how often a blob is opened, and answers when it is let. */
class CountingStore implements ArtifactStore {
  readonly blobs = new Map<string, Buffer>();
  opened = 0;
  gate: Promise<void> = Promise.resolve();

  add(content: Buffer): { sha256: string; size: number } {
    const sha256 = sha256Of(content);
    this.blobs.set(sha256, content);
    return { sha256, size: content.length };
  }

  async open(sha256: string): Promise<Readable> {
    this.opened += 1;
    await this.gate;
    const blob = this.blobs.get(sha256);
    if (blob === undefined) throw missingBlob(sha256);
    return Readable.from([blob.subarray(0, 10), blob.subarray(10)]);
  }

  async put(): Promise<void> {}
  async stat(): Promise<undefined> {}
  async delete(): Promise<void> {}
  async close(): Promise<void> {}
}

const limits = { maxBytes: 3_000, maxFileBytes: 1_500 };

function fresh(given = limits) {
  const store = new CountingStore();
  return { store, cache: new ArtifactCache(store, given) };
}

describe('the cache of artifacts', () => {
  test('loads a file once for many that ask at the same time, and hands it out at once later', async () => {
    const { store, cache } = fresh();
    const content = randomBytes(1_000);
    const { sha256, size } = store.add(content);
    const all = await Promise.all(Array.from({ length: 50 }, async () => cache.whole(sha256, size)));
    expect(all.every((buffer) => buffer?.equals(content))).toBe(true);
    expect(cache.whole(sha256, size)).toBeInstanceOf(Buffer);
    expect(store.opened).toBe(1);
  });

  test('lets the least recently used leave, and never has more bytes than it may', async () => {
    const { store, cache } = fresh();
    const files = Array.from({ length: 4 }, () => store.add(randomBytes(1_000)));
    const [first, second, third, fourth] = files as [
      (typeof files)[0],
      (typeof files)[0],
      (typeof files)[0],
      (typeof files)[0],
    ];
    for (const { sha256, size } of [first, second, third, first, fourth]) {
      await cache.whole(sha256, size);
      expect(cache.bytes).toBeLessThanOrEqual(3_000);
    }
    expect(store.opened).toBe(4);
    expect(cache.whole(first.sha256, first.size)).toBeInstanceOf(Buffer);
    await cache.whole(second.sha256, second.size);
    expect(store.opened).toBe(5);
  });

  test('keeps no file that is too large, and none for which there is no room beside those on their way', async () => {
    const { store, cache } = fresh();
    let open = (): void => undefined;
    store.gate = new Promise((resolve) => (open = resolve));
    const files = Array.from({ length: 4 }, () => store.add(randomBytes(1_000)));
    const loads = files.slice(0, 3).map(async ({ sha256, size }) => cache.whole(sha256, size));
    expect(cache.whole(files[3]?.sha256 ?? '', 1_000)).toBeUndefined();
    expect(cache.whole(sha256Of(Buffer.of(1)), 1_501)).toBeUndefined();
    open();
    await Promise.all(loads);
    expect(await cache.whole(files[3]?.sha256 ?? '', 1_000)).toBeInstanceOf(Buffer);
  });

  test('does not remember a failure, nor count its bytes', async () => {
    const { store, cache } = fresh();
    const content = randomBytes(100);
    const sha256 = sha256Of(content);
    await expect(cache.whole(sha256, 100)).rejects.toMatchObject({ code: 'artifact-store.missing' });
    expect(cache.bytes).toBe(0);
    store.add(content);
    expect(await cache.whole(sha256, 100)).toEqual(content);
  });

  test.each([
    ['other bytes', (content: Buffer) => randomBytes(content.length)],
    ['fewer', (content: Buffer) => content.subarray(1)],
    ['more', (content: Buffer) => Buffer.concat([content, Buffer.of(1)])],
  ])('hands out nothing when the store has %s than the digest says', async (_, spoiled) => {
    const { store, cache } = fresh();
    const content = randomBytes(100);
    const sha256 = sha256Of(content);
    store.blobs.set(sha256, spoiled(content));
    await expect(cache.whole(sha256, 100)).rejects.toMatchObject({ code: 'artifact-store.corrupt' });
  });

  test('of no bytes keeps nothing', () => {
    const { cache } = fresh({ maxBytes: 0, maxFileBytes: 1_500 });
    expect(cache.whole(sha256Of(Buffer.of(1)), 1)).toBeUndefined();
  });
});
