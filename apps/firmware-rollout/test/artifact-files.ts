import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { SpooledFile } from '../src/artifacts/artifact-store.js';

export interface Folder extends AsyncDisposable {
  readonly path: string;
}

export async function useFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'artifacts-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export function sha256Of(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** A file with this content, random by default, that is to be put into a store. */
export async function spooled(folder: string, content: Buffer = randomBytes(10_000)): Promise<SpooledFile> {
  const path = join(folder, randomUUID());
  await writeFile(path, content);
  return { path, sha256: sha256Of(content), size: content.length };
}

export async function contentOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Open files of this process within a folder. */
export async function openFilesIn(folder: string): Promise<string[]> {
  const links = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  );
  return links.filter((path) => path.startsWith(folder));
}
