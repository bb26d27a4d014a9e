import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { uploadArtifact } from './artifact-client.js';
import { sha256Of } from './artifact-files.js';
import { type S3Fixture, startS3Server } from './artifact-s3-server.js';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';

let s3: S3Fixture;
let fixture: FirmwareFixture;
beforeAll(async () => {
  s3 = await startS3Server();
  const { endpoint = '', bucket, credentials } = s3.settings;
  fixture = await startFixture({
    ...{
      ARTIFACT_STORE: 's3',
      ARTIFACT_S3_ENDPOINT: endpoint,
      ARTIFACT_S3_BUCKET: bucket,
      ARTIFACT_S3_PATH_STYLE: 'true',
    },
    ARTIFACT_S3_ACCESS_KEY_ID: credentials?.accessKeyId ?? '',
    ARTIFACT_S3_SECRET_ACCESS_KEY: credentials?.secretAccessKey ?? '',
    ARTIFACT_CACHE_FILE: '1MiB',
  });
});
afterAll(async () => {
  await fixture.dispose();
  await s3[Symbol.asyncDispose]();
});

describe('the service with a bucket', () => {
  test.each([
    ['hot', 100_000],
    ['streamed', 9_000_000],
  ])('keeps an artifact there and serves ranges of it, %s', async (_, size) => {
    const api = await fixture.as('acme');
    const content = randomBytes(size);
    await uploadArtifact(api, content);
    const headers = { authorization: `Bearer ${api.token ?? ''}`, range: `bytes=10-${size - 11}` };
    const answer = await fetch(`${api.url}/v1/artifacts/${sha256Of(content)}/content`, { headers });
    const body = Buffer.from(await answer.arrayBuffer());
    expect([answer.status, body.equals(content.subarray(10, size - 10))]).toEqual([206, true]);
  });
});
