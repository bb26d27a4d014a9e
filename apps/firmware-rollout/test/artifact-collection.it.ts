import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type DatabaseFixture, ManualClock, useDatabase, waitFor } from '@myelin/testing';
import { artifactDefaults } from '../src/artifacts/artifact-variables.js';
import { Artifacts } from '../src/artifacts/artifacts.js';
import { FilesystemStore } from '../src/artifacts/filesystem-store.js';
import { collectArtifacts, collectBlobs } from '../src/features/collect-artifacts/collect-artifacts.js';
import { completeArtifact } from '../src/features/upload-artifact/complete-artifact.js';
import { Firmware } from '../src/firmware.js';
import { referToArtifacts } from '../src/persistence/artifact-references.repository.js';
import { holdUpload, insertUpload } from '../src/persistence/artifact-uploads.repository.js';
import { deleteIdleArtifact, findArtifact, lockDigest } from '../src/persistence/artifacts.repository.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations.js';

const dayMs = 86_400_000;
const graceMs = 7 * dayMs;
const tenant = 'acme';

let database: DatabaseFixture;
let folder: string;
let artifacts: Artifacts;
const clock = new ManualClock(Date.now());
let firmware: Firmware;

beforeAll(async () => {
  database = await useDatabase({ service: 'firmware-rollout', migrations, entities });
  folder = await mkdtemp(join(tmpdir(), 'collection-'));
  const config = { ...artifactDefaults(), artifactFolder: folder, artifactSpool: join(folder, 'spool') };
  artifacts = new Artifacts(config, new FilesystemStore(folder));
  firmware = new Firmware(database.dataSource, clock);
});
afterAll(async () => {
  await artifacts.close();
  await database.dispose();
  await rm(folder, { recursive: true, force: true });
});

let uploads = 0;
/** Spooled and held, all bytes there: ready to be completed. */
async function readyUpload(content: Buffer, owner = tenant) {
  const id = `00000000-0000-7000-8000-${String((uploads += 1)).padStart(12, '0')}`;
  const at = new Date(clock.nowMs());
  const upload = {
    ...{ tenant: owner, id, fileName: 'a.bin', length: content.length, expectedSha256: null, sha256: null },
    ...{ createdAt: at, createdBy: 'operator:test', expiresAt: new Date(at.getTime() + 30 * dayMs) },
  };
  await firmware.change((tx) => insertUpload(tx, upload));
  await firmware.read((db) => holdUpload(db, upload, artifacts.writers.holder, dayMs));
  const file = await artifacts.spool.resume(id);
  await file.append(content);
  await artifacts.spool.rest(id, file);
  const digests = file.digests.digests();
  return { sha256: digests.sha256, complete: () => completeArtifact(firmware, artifacts, upload, digests) };
}

async function made(content = randomBytes(1_000), owner = tenant): Promise<string> {
  const { sha256, complete } = await readyUpload(content, owner);
  await complete();
  return sha256;
}

const hold = (holder: string, ...digests: string[]) =>
  firmware.change((tx) => referToArtifacts(tx, tenant, holder, digests));
const row = (sha256: string, owner = tenant) => firmware.read((db) => findArtifact(db, owner, sha256));
const blob = (sha256: string) => artifacts.store.stat(sha256);
async function collect(): Promise<void> {
  await collectArtifacts(firmware, graceMs);
  await collectBlobs(firmware, artifacts);
}
/** Sessions of this database that wait for a lock. */
const waiting = async (): Promise<boolean> => {
  const sql = `SELECT 1 FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'`;
  return (await database.dataSource.query<unknown[]>(sql, [`test:${database.schema}`])).length > 0;
};

describe('an artifact that nobody refers to', () => {
  test('is removed when its time of grace is over, row and blob, and not before', async () => {
    const sha256 = await made();
    clock.advance(graceMs - 1_000);
    await collect();
    expect([await row(sha256), await blob(sha256)]).toEqual([expect.anything(), { size: 1_000 }]);
    clock.advance(2_000);
    await collect();
    expect([await row(sha256), await blob(sha256)]).toEqual([null, undefined]);
  });

  test('has a new time of grace once it is uploaded again', async () => {
    const content = randomBytes(500);
    const sha256 = await made(content);
    clock.advance(graceMs - 1_000);
    await made(content);
    clock.advance(graceMs - 1_000);
    await collect();
    expect(await row(sha256)).not.toBeNull();
  });

  test('keeps its blob where another tenant has the same bytes', async () => {
    const content = randomBytes(500);
    const sha256 = await made(content);
    clock.advance(graceMs - 1_000);
    await made(content, 'globex');
    clock.advance(2_000);
    await collect();
    expect([await row(sha256), await row(sha256, 'globex')]).toEqual([null, expect.anything()]);
    expect(await blob(sha256)).toEqual({ size: 500 });
  });
});

describe('an artifact that is referred to', () => {
  test('stays however old it is, and has its time of grace from when that ends', async () => {
    const [kept, dropped] = [await made(), await made()];
    expect(await hold('release:one', kept, dropped)).toEqual([]);
    clock.advance(10 * graceMs);
    await collect();
    expect([await row(kept), await row(dropped)]).toEqual([expect.anything(), expect.anything()]);
    await database.dataSource.query(`UPDATE artifact SET idle_since = now() - interval '30 days' WHERE sha256 = $1`, [
      dropped,
    ]);
    await hold('release:one', kept); // the database says when: now
    const later = clock.nowMs();
    clock.set(Date.now() + graceMs - 60_000);
    await collect();
    expect(await row(dropped)).not.toBeNull();
    clock.set(later);
    await collect();
    expect([await row(kept), await row(dropped)]).toEqual([expect.anything(), null]);
  });

  test('cannot be one that is absent, and then nothing refers to anything new', async () => {
    const [sha256, absent] = [await made(), 'f'.repeat(64)];
    expect(await hold('release:two', sha256, absent)).toEqual([absent]);
    const sql = `SELECT 1 FROM artifact_reference WHERE holder = 'release:two'`;
    expect(await database.dataSource.query(sql)).toEqual([]);
  });
});

describe('collecting while', () => {
  test('a release is beginning to refer to it waits for the release, and leaves it', async () => {
    const sha256 = await made();
    clock.advance(2 * graceMs);
    let collecting: Promise<unknown> | undefined;
    await firmware.change(async (tx) => {
      await referToArtifacts(tx, tenant, 'release:race', [sha256]);
      collecting = collectArtifacts(firmware, graceMs);
      await waitFor(waiting, { what: 'the collection to wait' });
    });
    await collecting;
    await collectBlobs(firmware, artifacts);
    expect([await row(sha256), await blob(sha256)]).toEqual([expect.anything(), { size: 1_000 }]);
  });

  test('is removing it lets a release that begins to refer to it find it gone', async () => {
    const sha256 = await made();
    clock.advance(2 * graceMs);
    let referring: Promise<string[]> | undefined;
    await firmware.change(async (tx) => {
      await lockDigest(tx, sha256);
      await deleteIdleArtifact(tx, tenant, sha256, new Date(clock.nowMs()));
      referring = hold('release:late', sha256);
      await waitFor(waiting, { what: 'the release to wait' });
    });
    expect(await referring).toEqual([sha256]);
  });

  test('the same bytes are uploaded again leaves the artifact with its blob: the row is removed first', async () => {
    const content = randomBytes(700);
    const sha256 = await made(content);
    clock.advance(2 * graceMs);
    const again = await readyUpload(content);
    await collectArtifacts(firmware, graceMs);
    expect(await row(sha256)).toBeNull();
    await again.complete();
    await collectBlobs(firmware, artifacts);
    expect([await row(sha256), await blob(sha256)]).toEqual([expect.anything(), { size: 700 }]);
  });

  test('the same bytes are uploaded again leaves the artifact with its blob: the blob is removed last', async () => {
    const content = randomBytes(700);
    const sha256 = await made(content);
    clock.advance(2 * graceMs);
    const again = await readyUpload(content);
    await collectArtifacts(firmware, graceMs);
    let completing: Promise<unknown> | undefined;
    await firmware.change(async (tx) => {
      await lockDigest(tx, sha256); // as the collector, between its look and its deletion
      completing = again.complete();
      await waitFor(waiting, { what: 'the upload to wait' });
      await artifacts.store.delete(sha256);
    });
    await completing;
    await collectBlobs(firmware, artifacts);
    expect([await row(sha256), await blob(sha256)]).toEqual([expect.anything(), { size: 700 }]);
  });

  test('two collectors work leaves nothing and fails neither', async () => {
    const digests = await Promise.all(Array.from({ length: 10 }, () => made()));
    clock.advance(2 * graceMs);
    await Promise.all([collect(), collect(), collect()]);
    await collect();
    expect(await Promise.all(digests.map(async (sha256) => blob(sha256)))).toEqual(digests.map(() => undefined));
  });
});

describe('a blob', () => {
  test('whose upload died before it became an artifact is removed a day later', async () => {
    const content = randomBytes(900);
    const { sha256, complete } = await readyUpload(content);
    await database.dataSource.query('UPDATE artifact_upload SET held_by = NULL WHERE sha256 IS NULL');
    await expect(complete()).rejects.toMatchObject({ type: 'artifact-upload-taken-over' });
    await collect();
    expect(await blob(sha256)).toEqual({ size: 900 });
    clock.advance(dayMs);
    await collect();
    expect(await blob(sha256)).toBeUndefined();
  });
});
