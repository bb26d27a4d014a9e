import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Settings } from '../src/artifacts/s3-store.js';

interface S3Server {
  run(): Promise<{ readonly port: number }>;
  close(): Promise<void>;
}
type S3ServerClass = new (options: object) => S3Server;

export interface S3Fixture extends AsyncDisposable {
  readonly settings: S3Settings;
}

/**
 * A server that speaks S3, in this process: s3rver, which keeps its objects in a folder, knows no
 * checksums but ETags, and takes `bytes=0-0` for the whole.
 */
export async function startS3Server(): Promise<S3Fixture> {
  const S3rver = createRequire(import.meta.url)('s3rver') as S3ServerClass;
  const directory = await mkdtemp(join(tmpdir(), 'artifacts-s3-'));
  const bucket = 'artifacts';
  const server = new S3rver({
    ...{ address: '127.0.0.1', port: 0, silent: true, directory },
    configureBuckets: [{ name: bucket, configs: [] }],
  });
  const { port } = await server.run();
  return {
    settings: {
      ...{ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', bucket, pathStyle: true },
      credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    },
    [Symbol.asyncDispose]: async () => {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
