import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type Readable, Transform } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { ArtifactStore, ByteRange, SpooledFile } from './artifact-store.js';
import { ArtifactStoreError, corruptBlob, errorCode, fileFailure, missingBlob } from './artifact-store.errors.js';

export interface S3Settings {
  /** Absent: Amazon's own of the region. */
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly bucket: string;
  /** `https://host/bucket/key` in place of `https://bucket.host/key`. */
  readonly pathStyle: boolean;
  /** Absent: as the SDK finds them (roles of the machine, files). */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
}

const leastPartBytes = 8_388_608;
const mostParts = 10_000;
const requestTimeoutMs = 60_000;

/**
 * Objects `<first two digits>/<sha256>` of a bucket. Each part goes with its SHA-256, which the server compares, and what was read
 * from the file must have the digest that names it. One part is in memory at a time.
 */
export class S3Store implements ArtifactStore {
  readonly #client: S3Client;

  constructor(private readonly settings: S3Settings) {
    const { endpoint, region, pathStyle, credentials } = settings;
    this.#client = new S3Client({
      ...{ region, forcePathStyle: pathStyle, maxAttempts: 3 },
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(credentials === undefined ? {} : { credentials }),
      // Not every server knows the checksums in trailers that the SDK would send by itself.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: { requestTimeout: requestTimeoutMs, throwOnRequestTimeout: true, connectionTimeout: 5_000 },
    });
  }

  async put({ path, sha256, size }: SpooledFile): Promise<void> {
    if ((await sizeOf(path)) !== size) throw corruptBlob(sha256);
    if ((await this.stat(sha256))?.size === size) return;
    const { body, digest } = digested(path);
    const upload = new Upload({
      client: this.#client,
      queueSize: 1,
      partSize: Math.max(leastPartBytes, Math.ceil(size / mostParts)),
      leavePartsOnError: false,
      params: { ...this.#object(sha256), Body: body, ContentLength: size, ChecksumAlgorithm: 'SHA256' },
    });
    try {
      await upload.done();
    } catch (cause) {
      throw failure(cause);
    } finally {
      body.destroy();
    }
    if (digest() === sha256 && (await this.stat(sha256))?.size === size) return;
    await this.delete(sha256);
    throw corruptBlob(sha256);
  }

  async open(sha256: string, { start, end }: ByteRange): Promise<Readable> {
    try {
      const { Body, ContentLength } = await this.#client.send(
        new GetObjectCommand({ ...this.#object(sha256), Range: `bytes=${start}-${end}` }),
      );
      const content = Body as Readable;
      if (ContentLength === end - start + 1) return content;
      content.destroy();
    } catch (cause) {
      throw isAbsent(cause) ? missingBlob(sha256, cause) : failure(cause);
    }
    const detail = 'the object store answered another range than was asked for';
    throw ArtifactStoreError.retryable('artifact-store.unavailable', detail);
  }

  async stat(sha256: string): Promise<{ size: number } | undefined> {
    try {
      const { ContentLength } = await this.#client.send(new HeadObjectCommand(this.#object(sha256)));
      return { size: ContentLength ?? 0 };
    } catch (cause) {
      if (isAbsent(cause)) return undefined;
      throw failure(cause);
    }
  }

  async delete(sha256: string): Promise<void> {
    try {
      await this.#client.send(new DeleteObjectCommand(this.#object(sha256)));
    } catch (cause) {
      if (!isAbsent(cause)) throw failure(cause);
    }
  }

  async close(): Promise<void> {
    this.#client.destroy();
  }

  #object(sha256: string): { Bucket: string; Key: string } {
    return { Bucket: this.settings.bucket, Key: `${sha256.slice(0, 2)}/${sha256}` };
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    throw fileFailure(cause);
  }
}

function digested(path: string): { body: Readable; digest: () => string } {
  const hash = createHash('sha256');
  const file = createReadStream(path, { highWaterMark: 1_048_576 });
  const body = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
    destroy(error, done) {
      file.destroy();
      done(error);
    },
  });
  file.on('error', (error) => body.destroy(error));
  return { body: file.pipe(body), digest: () => hash.digest('hex') };
}

function isAbsent(error: unknown): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404 && error.name !== 'NoSuchBucket';
}

/** Words of the server stay in the cause: an answer must not carry them. */
function failure(cause: unknown): ArtifactStoreError {
  const isFull = cause instanceof S3ServiceException && cause.$metadata.httpStatusCode === 507;
  const code = isFull ? 'artifact-store.full' : 'artifact-store.unavailable';
  const name = cause instanceof Error ? cause.name : (errorCode(cause) ?? 'unknown');
  return ArtifactStoreError.retryable(code, `the object store failed: ${name}`, { cause });
}
