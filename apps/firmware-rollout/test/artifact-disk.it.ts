import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ApiClient } from '@myelin/testing';
import { beginUpload, openPiece, progressOf, sendPiece } from './artifact-client.js';
import { sha256Of } from './artifact-files.js';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';

/** A file system of one's own that can be full. Undefined: this machine lets nobody but root mount one. */
function smallDisk(): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'small-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'ignore' });
    return path;
  } catch {
    rmSync(path, { recursive: true });
    return undefined;
  }
}

const disk = smallDisk();
if (disk === undefined) console.warn('NOT TESTED: a full disk, as a tmpfs cannot be mounted here (it takes root)');
const resize = (size: string): unknown => execFileSync('mount', ['-o', `remount,size=${size}`, disk ?? '']);
const onSmallDisk = disk === undefined ? describe.skip : describe;

let fixture: FirmwareFixture;
let api: ApiClient;
const use = (environment: Record<string, string>): void => {
  beforeAll(async () => {
    fixture = await startFixture(environment);
    api = await fixture.as('acme');
  });
  afterAll(() => fixture.dispose());
};

afterAll(() => {
  if (disk === undefined) return;
  execFileSync('umount', [disk]);
  rmSync(disk, { recursive: true });
});

onSmallDisk('a disk that is full', () => {
  describe('under the spool', () => {
    use({ ARTIFACT_SPOOL: join(disk ?? '', 'spool') });

    test('is 507, keeps what was acknowledged, and lets the upload go on when there is space', async () => {
      resize('1m');
      const content = randomBytes(2_000_000);
      const upload = await beginUpload(api, { length: content.length });
      await sendPiece(api, upload, 0, content.subarray(0, 500_000));
      const full = await sendPiece(api, upload, 500_000, content.subarray(500_000));
      expect(full).toMatchObject({ status: 507, problem: { type: 'urn:myelin:problem:artifact-store-full' } });
      const { status, offset } = await progressOf(api, upload);
      expect([status, offset >= 500_000 && offset < content.length]).toEqual([200, true]);
      resize('8m');
      const { headers } = await sendPiece(api, upload, offset, content.subarray(offset));
      expect(headers.get('artifact-sha256')).toBe(sha256Of(content));
    });
  });

  describe('under the store', () => {
    use({ ARTIFACT_FOLDER: join(disk ?? '', 'store') });

    test('is 507 at the end of an upload, which becomes an artifact as soon as its client asks again with space', async () => {
      resize('1m');
      const content = randomBytes(2_000_000);
      const upload = await beginUpload(api, { length: content.length });
      expect(await sendPiece(api, upload, 0, content)).toMatchObject({ status: 507 });
      expect((await progressOf(api, upload)).status).toBe(507);
      expect((await api.get(`/v1/artifacts/${sha256Of(content)}`)).status).toBe(404);
      resize('8m');
      expect(await progressOf(api, upload)).toEqual({ status: 200, offset: 2_000_000, sha256: sha256Of(content) });
    });
  });
});

describe('a body of which nothing comes any more', () => {
  use({ ARTIFACT_UPLOAD_IDLE: '300ms' });

  test('is given up with 408, and what came is kept', async () => {
    const content = randomBytes(100_000);
    const upload = await beginUpload(api, { length: content.length });
    const { outgoing, answered } = openPiece(api, upload, 0);
    outgoing.write(content.subarray(0, 60_000));
    expect((await answered).statusCode).toBe(408);
    outgoing.destroy();
    expect(await progressOf(api, upload)).toMatchObject({ offset: 60_000 });
    expect(statSync(join(fixture.artifactFolder, 'spool', upload.split('/').at(-1) ?? '')).size).toBe(60_000);
    expect(await sendPiece(api, upload, 60_000, content.subarray(60_000))).toMatchObject({ status: 204 });
  });
});
