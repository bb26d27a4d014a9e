import { ArtifactCache } from './artifact-cache.js';
import type { ArtifactStore } from './artifact-store.js';
import type { ArtifactConfig } from './artifact-variables.js';
import { FilesystemStore } from './filesystem-store.js';
import { S3Store } from './s3-store.js';
import type { ArtifactSource } from './serve-artifact.js';
import { Spool } from './spool.js';
import { UploadWriters } from './upload-writers.js';

/** What every use case of artifacts works with, beside the database. */
export class Artifacts implements ArtifactSource {
  readonly cache: ArtifactCache;
  readonly spool: Spool;
  readonly idleMs: number;
  readonly writers = new UploadWriters();

  constructor(
    readonly config: ArtifactConfig,
    readonly store: ArtifactStore = artifactStore(config),
  ) {
    this.cache = new ArtifactCache(this.store, {
      maxBytes: config.artifactCacheBytes,
      maxFileBytes: config.artifactCacheFileBytes,
    });
    this.idleMs = config.artifactDownloadIdleMs;
    this.spool = new Spool(config.artifactSpool);
  }

  async close(): Promise<void> {
    await this.writers.close();
    await this.store.close();
  }
}

function artifactStore(config: ArtifactConfig): ArtifactStore {
  if (config.artifactStore === 'filesystem') return new FilesystemStore(config.artifactFolder);
  const { s3AccessKeyId: accessKeyId, s3SecretAccessKey: secretAccessKey } = config;
  const credentials =
    accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey };
  return new S3Store({
    ...{ endpoint: config.s3Endpoint, region: config.s3Region, bucket: config.s3Bucket },
    ...{ pathStyle: config.s3PathStyle, credentials },
  });
}
