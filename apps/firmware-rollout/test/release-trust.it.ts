import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { releaseStateV1 } from '@myelin/contracts';
import { eventProbe } from '@myelin/testing';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';
import { envelopeOf, manifestOf, newSigner } from './release-signing.js';
import { aRelease, addKey, content, publishedRelease, signedDraft, startTenant } from './releases-fixture.js';

let fixture: FirmwareFixture;
beforeAll(async () => {
  fixture = await startFixture();
}, 120_000);
afterAll(() => fixture.dispose());

const problem = (slug: string): string => `urn:myelin:problem:${slug}`;
const policyOf = (profile: string): string => `/v1/firmware-policies/${profile}`;

describe('a manifest', () => {
  test('is kept and answered as it was put; the same again changes nothing', async () => {
    const { manager, admin, viewer } = await startTenant(fixture, 'kept');
    const signer = await addKey(admin, newSigner('ecdsa-p256'));
    const path = '/v1/releases/fw';
    await manager.put(path, aRelease());
    expect((await viewer.get(`${path}/manifest`)).body.type).toBe(problem('release-manifest-not-found'));
    const envelope = envelopeOf(JSON.stringify(manifestOf('fw', aRelease(), content)), signer);
    expect(await manager.put(`${path}/manifest`, envelope)).toMatchObject({ status: 200, etag: '"2"' });
    expect(await manager.put(`${path}/manifest`, envelope)).toMatchObject({ status: 200, etag: '"2"' });
    expect((await viewer.get(`${path}/manifest`)).body).toEqual(envelope);
    expect((await manager.put('/v1/releases/none/manifest', envelope)).status).toBe(404);
    await manager.post(`${path}/publish`, undefined, { 'if-match': '"2"' });
    const other = envelopeOf(JSON.stringify(manifestOf('fw', aRelease(), content), null, 1), signer);
    expect((await manager.put(`${path}/manifest`, other)).body.type).toBe(problem('release-not-draft'));
  });

  test('that is wrong is refused with each fault, its code and its place, and leaves what was there', async () => {
    const { manager, admin } = await startTenant(fixture, 'wrong');
    const signer = await addKey(admin);
    const path = await signedDraft(manager, 'fw', [signer]);
    const before = (await manager.get(`${path}/manifest`)).body;
    const wrong = manifestOf('fw', aRelease(), content, { version: '9', expiresAt: '2026-11-27T00:00:01Z' });
    const refused = await manager.put(`${path}/manifest`, envelopeOf(JSON.stringify(wrong), signer));
    expect(refused).toMatchObject({ status: 400, body: { type: problem('manifest-refused') } });
    expect(refused.body['errors']).toMatchObject([
      { code: 'version-differs', pointer: '/payload/version' },
      { code: 'expired', pointer: '/payload/expiresAt' },
    ]);
    const stranger = newSigner();
    const foreign = envelopeOf(JSON.stringify(manifestOf('fw', aRelease(), content)), stranger);
    expect((await manager.put(`${path}/manifest`, foreign)).body['errors']).toMatchObject([
      { code: 'threshold-not-reached', pointer: '/signatures' },
    ]);
    expect((await manager.put(`${path}/manifest`, [])).body['errors']).toMatchObject([{ code: 'envelope-malformed' }]);
    expect((await manager.get(`${path}/manifest`)).body).toEqual(before);
    expect((await manager.get(path)).etag).toBe('"2"');
  });

  test('signed by a key of another tenant counts for nothing', async () => {
    const [mine, theirs] = [await startTenant(fixture, 'mine'), await startTenant(fixture, 'theirs')];
    const signer = await addKey(theirs.admin);
    await mine.manager.put('/v1/releases/fw', aRelease());
    const envelope = envelopeOf(JSON.stringify(manifestOf('fw', aRelease(), content)), signer);
    const refused = await mine.manager.put('/v1/releases/fw/manifest', envelope);
    expect(refused.body['errors']).toMatchObject([{ code: 'threshold-not-reached' }]);
  });

  test('needs a counter above all that were published, revoked ones too, when it is put and when it is published', async () => {
    const { manager, admin } = await startTenant(fixture, 'counter');
    const signer = await addKey(admin);
    const first = await publishedRelease(manager, 'first', [signer], { manifest: { releaseCounter: 5 } });
    await manager.post(`${first}/revoke`, { reason: 'wrong' });
    const next = aRelease({ version: '2.5' });
    await manager.put('/v1/releases/second', next);
    const put = (release: string, releaseCounter: number, body = next) =>
      manager.put(
        `/v1/releases/${release}/manifest`,
        envelopeOf(JSON.stringify(manifestOf(release, body, content, { releaseCounter })), signer),
      );
    for (const low of [1, 5])
      expect((await put('second', low)).body['errors']).toMatchObject([
        { code: 'counter-too-low', pointer: '/payload/releaseCounter' },
      ]);
    expect((await put('second', 6)).status).toBe(200);
    const third = aRelease({ version: '2.6' });
    await manager.put('/v1/releases/third', third);
    expect((await put('third', 6, third)).status).toBe(200);
    expect((await manager.post('/v1/releases/second/publish', undefined, { 'if-match': '"2"' })).status).toBe(200);
    const late = await manager.post('/v1/releases/third/publish', undefined, { 'if-match': '"2"' });
    expect(late.body['obstacles']).toMatchObject([{ code: 'counter-too-low' }]);
    const elsewhere = aRelease({ profile: 'door' });
    await manager.put('/v1/releases/door', elsewhere);
    expect((await put('door', 1, elsewhere)).status).toBe(200);
  });
});

describe('a published release', () => {
  test('becomes untrusted when too few of its keys are left, in its state, its history and its obstacles; others do not', async () => {
    await using states = await eventProbe(fixture.kafka.settings, releaseStateV1);
    const { manager, admin } = await startTenant(fixture, 'revoked-key');
    const [a, b] = [await addKey(admin), await addKey(admin, newSigner('ecdsa-p256'))];
    const both = await publishedRelease(manager, 'both', [a, b]);
    const one = await publishedRelease(manager, 'one', [a], { body: { profile: 'door' } });
    const other = await publishedRelease(manager, 'other', [b], { body: { profile: 'lamp' } });
    const draft = await signedDraft(manager, 'draft', [a], { body: { profile: 'fan' } });
    const revoke = () => admin.post(`/v1/signing-keys/${a.keyid}/revoke`, { reason: 'laptop stolen' });
    expect(await revoke()).toMatchObject({ status: 200, body: { state: 'revoked', releasesChanged: 1 } });
    expect((await revoke()).body).toMatchObject({ reason: 'laptop stolen', releasesChanged: 0 });
    expect((await manager.get(one)).body).toMatchObject({
      ...{ state: 'published', trust: 'untrusted', revision: 4 },
      obstacles: [{ code: 'key-not-active' }, { code: 'threshold-not-reached' }],
    });
    for (const path of [both, other])
      expect((await manager.get(path)).body).toMatchObject({ trust: 'signed', revision: 3, obstacles: [] });
    const refused = await manager.post(`${draft}/publish`, undefined, { 'if-match': '"2"' });
    expect(refused.body['obstacles']).toMatchObject([{ code: 'key-not-active' }, { code: 'threshold-not-reached' }]);
    const [last] = (await manager.get(`${one}/history`)).body.items;
    expect(last).toMatchObject({ action: 'became-untrusted', reason: `the key ${a.keyid} was revoked: laptop stolen` });
    await states.next(({ payload }) => payload?.tenant === 'revoked-key' && payload.trust === 'untrusted');
    const told = states.all().filter(({ payload }) => payload?.tenant === 'revoked-key');
    expect(told.map(({ key, headers }) => [key, headers['myelin-version']]).sort()).toEqual([
      ...[
        ['revoked-key/both', '3'],
        ['revoked-key/one', '3'],
        ['revoked-key/one', '4'],
        ['revoked-key/other', '3'],
      ],
    ]);
  }, 60_000);

  test('keeps its trust when its key is retired, with which nothing new is signed', async () => {
    const { manager, admin } = await startTenant(fixture, 'retired-key');
    const signer = await addKey(admin);
    const path = await publishedRelease(manager, 'fw', [signer]);
    const draft = await signedDraft(manager, 'next', [signer], { body: { profile: 'door' } });
    const retire = () => admin.post(`/v1/signing-keys/${signer.keyid}/retire`, undefined);
    const retired = await retire();
    expect(retired).toMatchObject({ status: 200, body: { state: 'retired' } });
    expect((await retire()).body).toEqual(retired.body);
    expect((await manager.get(path)).body).toMatchObject({ trust: 'signed', revision: 3, obstacles: [] });
    expect((await manager.post(`${draft}/publish`, undefined, { 'if-match': '"2"' })).status).toBe(409);
    const again = envelopeOf(
      JSON.stringify(manifestOf('next', aRelease({ profile: 'door' }), content), null, 1),
      signer,
    );
    expect((await manager.put(`${draft}/manifest`, again)).body['errors']).toMatchObject([
      { code: 'key-not-active' },
      { code: 'threshold-not-reached' },
    ]);
  });

  test('is judged anew by a stricter policy and by a laxer one, and unsigned ones when these are refused', async () => {
    const { manager, admin } = await startTenant(fixture, 'policies');
    const [a, b] = [await addKey(admin), await addKey(admin)];
    await admin.put(policyOf('thermometer'), { unsigned: 'accepted', threshold: 1 });
    const one = await publishedRelease(manager, 'one', [a]);
    const two = await publishedRelease(manager, 'two', [a, b], {
      body: { version: '3' },
      manifest: { releaseCounter: 2 },
    });
    await manager.put('/v1/releases/none', aRelease({ version: '4' }));
    expect((await manager.post('/v1/releases/none/publish', undefined, { 'if-match': '"1"' })).status).toBe(200);
    const trusts = async (): Promise<unknown[]> =>
      Promise.all(['/v1/releases/none', one, two].map(async (path) => (await manager.get(path)).body['trust']));
    expect(await trusts()).toEqual(['unsigned', 'signed', 'signed']);
    await admin.put(policyOf('thermometer'), { unsigned: 'refused', threshold: 2 }, { 'if-match': '"1"' });
    expect(await trusts()).toEqual(['untrusted', 'untrusted', 'signed']);
    await admin.put(policyOf('thermometer'), { unsigned: 'accepted', threshold: 1 }, { 'if-match': '"2"' });
    expect(await trusts()).toEqual(['unsigned', 'signed', 'signed']);
    const [last] = (await manager.get(`${one}/history`)).body.items;
    expect(last).toMatchObject({ action: 'became-signed', reason: expect.stringContaining('threshold 1') });
  });

  test('is trusted again when a key that signed it before becomes known', async () => {
    const { manager, admin } = await startTenant(fixture, 'late-key');
    const [a, late] = [await addKey(admin), newSigner()];
    const path = await publishedRelease(manager, 'fw', [a, late]);
    await admin.put(policyOf('thermometer'), { unsigned: 'refused', threshold: 2 });
    expect((await manager.get(path)).body['trust']).toBe('untrusted');
    await addKey(admin, late);
    expect((await manager.get(path)).body).toMatchObject({ trust: 'signed', obstacles: [] });
  });

  test('needs as many keys as its policy says, each once', async () => {
    const { manager, admin } = await startTenant(fixture, 'threshold');
    const [a, b] = [await addKey(admin), await addKey(admin)];
    await admin.put(policyOf('thermometer'), { unsigned: 'refused', threshold: 2 });
    const path = await signedDraft(manager, 'fw', [a]);
    const refused = await manager.post(`${path}/publish`, undefined, { 'if-match': '"2"' });
    expect(refused.body['obstacles']).toMatchObject([{ code: 'threshold-not-reached' }]);
    const payload = JSON.stringify(manifestOf('fw', aRelease(), content));
    expect((await manager.put(`${path}/manifest`, envelopeOf(payload, a, a))).body['errors']).toMatchObject([
      { code: 'key-repeated' },
    ]);
    expect((await manager.put(`${path}/manifest`, envelopeOf(payload, a, b))).status).toBe(200);
    expect((await manager.post(`${path}/publish`, undefined, { 'if-match': '"3"' })).status).toBe(200);
  });

  test('is never signed by a key that was revoked at the same time', async () => {
    for (let round = 0; round < 5; round++) {
      const { manager, admin } = await startTenant(fixture, `key-race-${round}`);
      const signer = await addKey(admin);
      const path = await signedDraft(manager, 'fw', [signer]);
      const [published] = await Promise.all([
        manager.post(`${path}/publish`, undefined, { 'if-match': '"2"' }),
        admin.post(`/v1/signing-keys/${signer.keyid}/revoke`, { reason: 'stolen' }),
      ]);
      const { body } = await manager.get(path);
      expect([published.status, body['state'], body['trust']]).toEqual(
        published.status === 200 ? [200, 'published', 'untrusted'] : [409, 'draft', undefined],
      );
    }
  });

  test('of which there are more than a page are all judged anew', async () => {
    const { manager, admin, tenant } = await startTenant(fixture, 'many');
    const signer = await addKey(admin);
    await publishedRelease(manager, 'r', [signer]);
    await fixture.database.dataSource.query(
      `INSERT INTO release
       SELECT (jsonb_populate_record(r, jsonb_build_object(
         'release', 'r' || n, 'canonical_version', n::text,
         'definition', r.definition::jsonb || jsonb_build_object('version', n::text)))).*
       FROM release AS r, generate_series(1, 230) AS n WHERE tenant = $1`,
      [tenant],
    );
    const revoked = await admin.post(`/v1/signing-keys/${signer.keyid}/revoke`, { reason: 'stolen' });
    // Copies under other names are not what was signed: they become untrusted as well.
    expect(revoked.body).toMatchObject({ releasesChanged: 231 });
  });
});
