import {
  type ConfigOf,
  boolean,
  bytes,
  defineConfig,
  duration,
  integer,
  loadConfig,
  oneOf,
  secret,
  text,
  url,
} from '@myelin/config';

/** The part of the configuration that is about artifacts. */
export const artifactVariables = {
  artifactStore: oneOf('ARTIFACT_STORE', ['filesystem', 's3'], { default: 'filesystem' }),
  /** Of the filesystem store; processes share it. */
  artifactFolder: text('ARTIFACT_FOLDER', { default: '/var/lib/myelin/artifacts' }),
  /** Uploads on their way; processes share it. On the file system of the folder nothing is copied at the end. */
  artifactSpool: text('ARTIFACT_SPOOL', { default: '/var/lib/myelin/artifacts/spool' }),
  s3Endpoint: url('ARTIFACT_S3_ENDPOINT', { optional: true }),
  s3Region: text('ARTIFACT_S3_REGION', { default: 'us-east-1' }),
  s3Bucket: text('ARTIFACT_S3_BUCKET', { default: 'myelin-artifacts' }),
  s3PathStyle: boolean('ARTIFACT_S3_PATH_STYLE', { default: false }),
  s3AccessKeyId: secret('ARTIFACT_S3_ACCESS_KEY_ID', { optional: true }),
  s3SecretAccessKey: secret('ARTIFACT_S3_SECRET_ACCESS_KEY', { optional: true }),
  artifactMaxBytes: bytes('ARTIFACT_MAX', { default: '5GiB' }),
  /** Of a tenant's artifacts and of what its open uploads will have. */
  artifactTenantBytes: bytes('ARTIFACT_TENANT_MAX', { default: '100GiB' }),
  artifactOpenUploads: integer('ARTIFACT_OPEN_UPLOADS', { default: 100, min: 1, max: 10_000 }),
  /** Without a byte; each request that writes begins it anew. */
  artifactUploadExpiryMs: duration('ARTIFACT_UPLOAD_EXPIRY', { default: '24h', minMs: 1_000 }),
  /** Between two pieces of a body. */
  artifactUploadIdleMs: duration('ARTIFACT_UPLOAD_IDLE', { default: '60s', minMs: 100 }),
  /** Without a byte that the client takes. */
  artifactDownloadIdleMs: duration('ARTIFACT_DOWNLOAD_IDLE', { default: '60s', minMs: 100 }),
  artifactCacheBytes: bytes('ARTIFACT_CACHE', { default: '256MiB' }),
  /** Larger ones are always streamed. */
  artifactCacheFileBytes: bytes('ARTIFACT_CACHE_FILE', { default: '64MiB' }),
  /** Nobody refers to it for as long: it is removed. */
  artifactGraceMs: duration('ARTIFACT_GRACE', { default: '7d' }),
  artifactSweepMs: duration('ARTIFACT_SWEEP', { default: '5m', minMs: 10 }),
};

export type ArtifactConfig = ConfigOf<typeof artifactVariables>;

/** What an empty environment makes of it. */
export function artifactDefaults(): ArtifactConfig {
  return loadConfig(defineConfig(artifactVariables), {});
}
