import { expect } from '@jest/globals';
import type { ApiClient } from '@myelin/testing';
import type { FirmwareFixture } from './firmware-fixture.js';
import { type Signer, envelopeOf, factsOf, manifestOf, newSigner } from './release-signing.js';

/** An artifact with this content, as an upload would leave it. */
export async function addArtifact(
  { database }: Pick<FirmwareFixture, 'database'>,
  tenant: string,
  content: string,
): Promise<string> {
  const { sha256, sha1, md5, size } = factsOf(content);
  await database.dataSource.query(
    `INSERT INTO artifact (tenant, sha256, sha1, md5, size, file_name, created_at, created_by, idle_since)
     VALUES ($1, $2, $3, $4, $5, 'a.swu', now(), 'operator:x', now()) ON CONFLICT DO NOTHING`,
    [tenant, sha256, sha1, md5, size],
  );
  return sha256;
}

export const content = 'hello world';

/** A draft's body with one artifact, which {@link addArtifact} has added. */
export function aRelease(changes: object = {}) {
  return {
    ...{ version: '2.4.1', profile: 'thermometer', hardware: ['board:1.0'] },
    artifacts: [{ filename: 'fw.swu', sha256: factsOf(content).sha256 }],
    ...changes,
  };
}

/** A tenant with an artifact, and people who may do things in it. */
export async function startTenant(fixture: FirmwareFixture, tenant: string) {
  await addArtifact(fixture, tenant, content);
  const admin = await fixture.as(tenant, 'admin');
  return { tenant, manager: await fixture.as(tenant), admin, viewer: await fixture.as(tenant, 'viewer') };
}

export async function addKey(admin: ApiClient, signer: Signer = newSigner()): Promise<Signer> {
  const created = await admin.post('/v1/signing-keys', { name: 'release', publicKey: signer.publicKey });
  expect(created).toMatchObject({ status: 201, body: { keyid: signer.keyid } });
  return signer;
}

/** A draft with a manifest by all signers, not yet published. */
export async function signedDraft(
  manager: ApiClient,
  release: string,
  signers: readonly Signer[],
  { body = {}, manifest = {} }: { readonly body?: object; readonly manifest?: object } = {},
) {
  const path = `/v1/releases/${release}`;
  const draft = aRelease(body);
  expect((await manager.put(path, draft)).status).toBe(201);
  const payload = JSON.stringify(manifestOf(release, draft, content, manifest));
  const put = await manager.put(`${path}/manifest`, envelopeOf(payload, ...signers));
  expect(put).toMatchObject({ status: 200, etag: '"2"' });
  return path;
}

export async function publishedRelease(...draft: Parameters<typeof signedDraft>): Promise<string> {
  const [manager] = draft;
  const path = await signedDraft(...draft);
  expect((await manager.post(`${path}/publish`, undefined, { 'if-match': '"2"' })).status).toBe(200);
  return path;
}
