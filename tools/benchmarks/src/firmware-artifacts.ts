import type { IncomingMessage, ServerResponse } from 'node:http';
import { BenchmarksError } from './harness/benchmarks.errors.js';

export interface ServedArtifact {
  readonly sha256: string;
  readonly size: number;
  readonly fileName: string;
  readonly createdAt: Date;
}
interface ArtifactStore {
  put(file: { readonly path: string; readonly sha256: string; readonly size: number }): Promise<void>;
}
interface ArtifactSource {
  readonly idleMs: number;
  readonly store: ArtifactStore;
  readonly cache: object;
}

/** What this bench measures of the firmware-rollout service. No room imports an app, so its shape is stated here. */
export interface FirmwareArtifacts {
  readonly newSource: (folder: string, maxBytes: number) => ArtifactSource;
  readonly serveArtifact: (
    source: ArtifactSource,
    artifact: ServedArtifact,
    request: IncomingMessage,
    response: ServerResponse,
  ) => Promise<void>;
}

/** From the built service, as its programs are. @throws BenchmarksError benchmarks.run-failed when it has another shape */
export async function firmwareArtifacts(): Promise<FirmwareArtifacts> {
  const Store = (await functionIn('filesystem-store.js', 'FilesystemStore')) as new (folder: string) => ArtifactStore;
  const Cache = (await functionIn('artifact-cache.js', 'ArtifactCache')) as new (
    store: object,
    limits: object,
  ) => object;
  const serve = await functionIn('serve-artifact.js', 'serveArtifact');
  return {
    newSource: (folder, maxBytes) => {
      const store = new Store(folder);
      return { idleMs: 60_000, store, cache: new Cache(store, { maxBytes, maxFileBytes: maxBytes }) };
    },
    serveArtifact: serve as FirmwareArtifacts['serveArtifact'],
  };
}

async function functionIn(file: string, name: string): Promise<unknown> {
  const { href } = new URL(`../../../apps/firmware-rollout/dist/artifacts/${file}`, import.meta.url);
  const found = ((await import(href)) as Readonly<Record<string, unknown>>)[name];
  if (typeof found === 'function') return found;
  throw BenchmarksError.permanent('benchmarks.run-failed', `${file} of the firmware-rollout service has no ${name}`);
}
