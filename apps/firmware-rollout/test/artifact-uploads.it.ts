import { createHash, randomBytes } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { inTransaction, schemaDrift } from '@myelin/persistence';
import { type ApiClient, waitFor } from '@myelin/testing';
import {
  beginUpload,
  openPiece,
  progressOf,
  sendPiece,
  tus,
  uploadArtifact,
  uploadHeaders,
} from './artifact-client.js';
import { lockDigest } from '../src/persistence/artifacts.repository.js';
import { sha256Of } from './artifact-files.js';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';

let fixture: FirmwareFixture;
let api: ApiClient;
beforeAll(async () => {
  const limits = { ARTIFACT_MAX: '4MiB', ARTIFACT_OPEN_UPLOADS: '5', ARTIFACT_TENANT_MAX: '6MiB' };
  fixture = await startFixture({ ...limits, ARTIFACT_SWEEP: '50ms' });
  api = await fixture.as('acme');
});
afterAll(() => fixture.dispose());

const spoolOf = (upload: string): string => join(fixture.artifactFolder, 'spool', upload.split('/').at(-1) ?? '');
const spooledBytes = async (upload: string): Promise<number> =>
  (await stat(spoolOf(upload)).catch(() => ({ size: 0 }))).size;
const md5Of = (content: Buffer): string => createHash('md5').update(content).digest('hex');
const sha1Of = (content: Buffer): string => createHash('sha1').update(content).digest('hex');

describe('the schema', () => {
  test('is what the entities say', async () => {
    expect(await schemaDrift(fixture.database.dataSource)).toEqual([]);
  });
});

describe('an upload', () => {
  test('in pieces becomes an artifact with its digests, and the same bytes come back', async () => {
    const content = randomBytes(300_000);
    const upload = await beginUpload(api, { length: content.length, sha256: sha256Of(content) });
    const first = await sendPiece(api, upload, 0, content.subarray(0, 100_001));
    expect([first.status, first.headers.get('upload-offset')]).toEqual([204, '100001']);
    expect(await progressOf(api, upload)).toEqual({ status: 200, offset: 100_001, sha256: null });
    const last = await sendPiece(api, upload, 100_001, content.subarray(100_001));
    const sha256 = sha256Of(content);
    expect(last.status).toBe(204);
    expect(Object.fromEntries(last.headers)).toMatchObject({
      ...{ 'upload-offset': '300000', 'artifact-sha256': sha256, 'content-location': `/v1/artifacts/${sha256}` },
      ...{ 'artifact-sha1': sha1Of(content), 'artifact-md5': md5Of(content), 'tus-resumable': '1.0.0' },
    });
    expect((await api.get(`/v1/artifacts/${sha256}`)).body).toEqual({
      ...{ sha256, sha1: sha1Of(content), md5: md5Of(content), size: 300_000, fileName: 'pump-1.2.swu' },
      ...{ createdAt: expect.any(String), createdBy: 'operator:test-operator' },
    });
    expect(await readdir(join(fixture.artifactFolder, sha256.slice(0, 2)))).toContain(sha256);
    expect(await progressOf(api, upload)).toEqual({ status: 200, offset: 300_000, sha256 });
    await waitFor(async () => (await spooledBytes(upload)) === 0, { what: 'the spooled file to be removed' });
  });

  test('completed again is the same artifact, and so is another upload of the same bytes', async () => {
    const content = randomBytes(1_000);
    const upload = await beginUpload(api, { length: 1_000, fileName: 'first.bin' });
    await sendPiece(api, upload, 0, content);
    const before = (await api.get(`/v1/artifacts/${sha256Of(content)}`)).body;
    const again = await sendPiece(api, upload, 1_000, Buffer.alloc(0));
    expect([again.status, again.headers.get('artifact-sha256')]).toEqual([204, sha256Of(content)]);
    await uploadArtifact(api, content, 'second.bin');
    expect((await api.get(`/v1/artifacts/${sha256Of(content)}`)).body).toEqual(before);
  });

  test('two at the same time of the same bytes are one artifact', async () => {
    const content = randomBytes(50_000);
    await Promise.all([uploadArtifact(api, content), uploadArtifact(api, content), uploadArtifact(api, content)]);
    expect((await api.get(`/v1/artifacts/${sha256Of(content)}`)).body).toMatchObject({ size: 50_000 });
  });

  test('says before anything else what of the protocol there is', async () => {
    const response = await fetch(`${fixture.service.url}/v1/artifact-uploads`, { method: 'OPTIONS' });
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      ...{ 'tus-version': '1.0.0', 'tus-extension': 'creation,termination,expiration', 'tus-max-size': '4194304' },
    });
  });

  test('ended by its client is gone with what had come', async () => {
    const upload = await beginUpload(api, { length: 100 });
    await sendPiece(api, upload, 0, randomBytes(50));
    expect((await api.send('DELETE', upload, undefined, tus)).status).toBe(204);
    expect((await progressOf(api, upload)).status).toBe(404);
    expect(await spooledBytes(upload)).toBe(0);
  });

  test('goes on in another process, which reads what is there once again', async () => {
    await using other = await anotherService();
    const content = randomBytes(200_000);
    const upload = await beginUpload(api, { length: content.length });
    await sendPiece(api, upload, 0, content.subarray(0, 150_000));
    const elsewhere = await fixture.as('acme');
    const there = Object.assign(Object.create(elsewhere) as ApiClient, { url: other.url });
    expect(await progressOf(there, upload)).toMatchObject({ offset: 150_000 });
    const { headers } = await sendPiece(there, upload, 150_000, content.subarray(150_000));
    expect(headers.get('artifact-sha256')).toBe(sha256Of(content));
  });

  test('is of one tenant, and nobody but release managers upload', async () => {
    const upload = await beginUpload(api, { length: 100 });
    const stranger = await fixture.as('globex');
    expect((await progressOf(stranger, upload)).status).toBe(404);
    expect(await sendPiece(stranger, upload, 0, randomBytes(100))).toMatchObject({ status: 404 });
    expect((await stranger.send('DELETE', upload, undefined, tus)).status).toBe(404);
    expect(await progressOf(api, upload)).toMatchObject({ status: 200, offset: 0 });
    const operator = await fixture.as('acme', 'operator');
    expect((await operator.send('POST', '/v1/artifact-uploads', undefined, uploadHeaders({ length: 1 }))).status).toBe(
      403,
    );
    await api.send('DELETE', upload, undefined, tus);
  });
});

describe('what an upload is refused for', () => {
  let upload: string;
  beforeAll(async () => {
    upload = await beginUpload(api, { length: 1_000 });
    await sendPiece(api, upload, 0, randomBytes(400));
  });
  afterAll(async () => void (await api.send('DELETE', upload, undefined, tus)));
  const problem = (slug: string) => ({ type: `urn:myelin:problem:${slug}` });

  test('another offset: 409 with the right one, and nothing is written', async () => {
    for (const offset of [0, 399, 401]) {
      const answer = await sendPiece(api, upload, offset, randomBytes(10));
      expect(answer).toMatchObject({ status: 409, problem: { ...problem('upload-offset-mismatch'), offset: 400 } });
      expect(answer.headers.get('upload-offset')).toBe('400');
    }
    expect(await progressOf(api, upload)).toMatchObject({ offset: 400 });
  });

  test('more bytes than it said: 413', async () => {
    const answer = await sendPiece(api, upload, 400, randomBytes(601));
    expect(answer).toMatchObject({ status: 413, problem: problem('upload-length-exceeded') });
    expect(await progressOf(api, upload)).toMatchObject({ offset: 400 });
  });

  test('more bytes to a complete one: 413, and it stays what it is', async () => {
    const content = randomBytes(5);
    const complete = await beginUpload(api, { length: 5 });
    await sendPiece(api, complete, 0, content);
    const answer = await sendPiece(api, complete, 5, Buffer.from('more'));
    expect(answer).toMatchObject({ status: 413, problem: problem('upload-length-exceeded') });
    expect((await sendPiece(api, complete, 5, Buffer.alloc(0))).status).toBe(204);
    expect(await progressOf(api, complete)).toEqual({ status: 200, offset: 5, sha256: sha256Of(content) });
  });

  test('one that was completed while another writer waited for it stays what it is: 409', async () => {
    const [content, other] = [randomBytes(64), randomBytes(64)];
    const contested = await beginUpload(api, { length: 64 });
    const answers = await inTransaction(fixture.database.dataSource, async (tx) => {
      await lockDigest(tx, sha256Of(content));
      const first = sendPiece(api, contested, 0, content);
      await waitFor(async () => (await spooledBytes(contested)) === 64, { what: 'the first writer to have written' });
      const second = sendPiece(api, contested, 0, other);
      // It has read the upload by the time that others who came later are answered.
      for (let nth = 0; nth < 10; nth += 1) await api.get('/v1/artifacts');
      return { first, second };
    });
    expect((await answers.first).headers.get('artifact-sha256')).toBe(sha256Of(content));
    expect(await answers.second).toMatchObject({ status: 409, problem: problem('upload-offset-mismatch') });
    expect(await progressOf(api, contested)).toEqual({ status: 200, offset: 64, sha256: sha256Of(content) });
  });

  test('another content type or version: 415, 412', async () => {
    const json = await sendPiece(api, upload, 400, Buffer.from('{}'), { 'content-type': 'application/json' });
    const none = await sendPiece(api, upload, 400, Buffer.from('x'), { 'content-type': 'image/png' });
    const gzip = await sendPiece(api, upload, 400, Buffer.from('x'), { 'content-encoding': 'gzip' });
    expect([json, none, gzip].map(({ status }) => status)).toEqual([415, 415, 415]);
    const old = await sendPiece(api, upload, 400, Buffer.from('x'), { 'tus-resumable': '0.2.2' });
    expect(old).toMatchObject({ status: 412, problem: problem('tus-version-unsupported') });
    expect(old.headers.get('tus-version')).toBe('1.0.0');
  });

  test('more bytes than an artifact may have: 413 at once', async () => {
    const headers = uploadHeaders({ length: 4_194_305 });
    const answer = await api.send('POST', '/v1/artifact-uploads', undefined, headers);
    expect(answer).toMatchObject({ status: 413, body: problem('artifact-too-large') });
  });

  test('a name that leads elsewhere: 400 with the header', async () => {
    const headers = uploadHeaders({ length: 1, fileName: '../../../etc/cron.d/x' });
    const answer = await api.send('POST', '/v1/artifact-uploads', undefined, headers);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ parameter: 'Upload-Metadata' }] } });
  });

  test('other bytes than were declared: 422, and nothing stays of them', async () => {
    const [declared, content] = [randomBytes(100), randomBytes(100)];
    const wrong = await beginUpload(api, { length: 100, sha256: sha256Of(declared) });
    expect(await sendPiece(api, wrong, 0, content)).toMatchObject({
      status: 422,
      problem: { ...problem('digest-mismatch'), expected: sha256Of(declared), found: sha256Of(content) },
    });
    expect((await progressOf(api, wrong)).status).toBe(404);
    expect((await api.get(`/v1/artifacts/${sha256Of(content)}`)).status).toBe(404);
    expect(await spooledBytes(wrong)).toBe(0);
  });

  test('the tenant has as many open, or as many bytes, as it may: 409', async () => {
    const busy = await fixture.as('busy');
    for (let nth = 0; nth < 4; nth++) await beginUpload(busy, { length: 1_000_000 });
    const refused = (length: number) => busy.send('POST', '/v1/artifact-uploads', undefined, uploadHeaders({ length }));
    expect(await refused(3_000_000)).toMatchObject({ status: 409, body: problem('artifact-bytes-limit') });
    await beginUpload(busy, { length: 1 });
    expect(await refused(1)).toMatchObject({ status: 409, body: problem('artifact-upload-limit') });
  });

  test('having expired: 410, and its bytes are removed', async () => {
    const late = await beginUpload(api, { length: 100 });
    await sendPiece(api, late, 0, randomBytes(50));
    const sql = `UPDATE artifact_upload SET expires_at = now() - interval '1 second' WHERE id = $1`;
    await fixture.database.dataSource.query(sql, [late.split('/').at(-1)]);
    expect((await progressOf(api, late)).status).toBe(410);
    const answer = await sendPiece(api, late, 50, randomBytes(50));
    expect(answer).toMatchObject({ status: 410, problem: problem('artifact-upload-expired') });
    await waitFor(async () => (await spooledBytes(late)) === 0, { what: 'the expired bytes to be removed' });
  });
});

describe('a client that', () => {
  test('vanishes in the middle of a body finds what had arrived, and goes on from there', async () => {
    const content = randomBytes(500_000);
    const upload = await beginUpload(api, { length: content.length });
    const { outgoing } = openPiece(api, upload, 0);
    outgoing.write(content.subarray(0, 200_000));
    await waitFor(async () => (await spooledBytes(upload)) === 200_000, { what: 'the bytes to arrive' });
    outgoing.destroy();
    expect(await progressOf(api, upload)).toMatchObject({ offset: 200_000 });
    const { headers } = await sendPiece(api, upload, 200_000, content.subarray(200_000));
    expect(headers.get('artifact-sha256')).toBe(sha256Of(content));
  });

  test('comes back on a new connection while the old one hangs takes the upload over', async () => {
    const content = randomBytes(300_000);
    const upload = await beginUpload(api, { length: content.length });
    const { outgoing, answered } = openPiece(api, upload, 0);
    outgoing.write(content.subarray(0, 100_000));
    await waitFor(async () => (await spooledBytes(upload)) === 100_000, { what: 'the bytes to arrive' });
    expect(await progressOf(api, upload)).toMatchObject({ offset: 100_000 });
    expect((await answered).statusCode).toBe(423);
    const { headers } = await sendPiece(api, upload, 100_000, content.subarray(100_000));
    expect(headers.get('artifact-sha256')).toBe(sha256Of(content));
    outgoing.destroy();
  });

  test('sends an upload that another process has is told to wait', async () => {
    const upload = await beginUpload(api, { length: 100 });
    const held = `UPDATE artifact_upload SET held_by = gen_random_uuid(), held_until = now() + interval '1 minute'`;
    await fixture.database.dataSource.query(`${held} WHERE id = $1`, [upload.split('/').at(-1)]);
    expect(await sendPiece(api, upload, 0, randomBytes(100))).toMatchObject({ status: 423 });
    const over = `UPDATE artifact_upload SET held_until = now() - interval '1 second' WHERE id = $1`;
    await fixture.database.dataSource.query(over, [upload.split('/').at(-1)]);
    expect(await sendPiece(api, upload, 0, randomBytes(100))).toMatchObject({ status: 204 });
  });
});

async function anotherService() {
  const service = await fixture.another();
  return { url: service.url, [Symbol.asyncDispose]: async () => void (await service.close()) };
}
