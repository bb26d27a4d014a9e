import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firmwareArtifacts } from '../firmware-artifacts.js';
import { serveProgram } from '../harness/program.js';
import { imageOf } from '../image.js';

let folder: string | undefined;

/** The service's way of answering for an artifact, on node:http: store, cache and all, without looking up who asks. */
async function open({ bytes }: { readonly bytes: number }): Promise<number> {
  folder = await mkdtemp(join(tmpdir(), 'bench-artifacts-'));
  const image = imageOf(bytes);
  const path = join(folder, 'spooled');
  await writeFile(path, image);
  const sha256 = createHash('sha256').update(image).digest('hex');
  const { newSource, serveArtifact } = await firmwareArtifacts();
  const source = newSource(folder, 4 * bytes);
  await source.store.put({ path, sha256, size: bytes });
  const artifact = { sha256, size: bytes, fileName: 'image.swu', createdAt: new Date() };
  const server = createServer((request, response) => {
    serveArtifact(source, artifact, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

serveProgram({ open }, () => (folder === undefined ? undefined : rm(folder, { recursive: true, force: true })));
