import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';
import { newSigner } from './release-signing.js';
import { addKey } from './releases-fixture.js';

let fixture: FirmwareFixture;
beforeAll(async () => {
  fixture = await startFixture();
}, 120_000);
afterAll(() => fixture.dispose());

const problem = (slug: string): string => `urn:myelin:problem:${slug}`;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const pemOf = (key: typeof rsa.publicKey): string => key.export({ type: 'spki', format: 'pem' }) as string;

describe('a signing key', () => {
  test.each(['ed25519', 'ecdsa-p256'] as const)(
    'for %s is created under the id of its bytes, and read',
    async (algorithm) => {
      const admin = await fixture.as(`create-${algorithm}`, 'admin');
      const { keyid, publicKey } = newSigner(algorithm);
      const created = await admin.post('/v1/signing-keys', { name: 'Schlüssel 1', publicKey: `\n${publicKey}\n` });
      expect(created).toMatchObject({
        status: 201,
        body: { keyid, name: 'Schlüssel 1', algorithm, publicKey, state: 'active' },
      });
      expect((await admin.get(`/v1/signing-keys/${keyid}`)).body).toEqual(created.body);
      const again = await admin.post('/v1/signing-keys', { name: 'other', publicKey });
      expect(again).toMatchObject({
        status: 409,
        body: { type: problem('signing-key-exists'), keyid, state: 'active' },
      });
    },
  );

  test('is never a private one, which is refused by name and is nowhere in the answer', async () => {
    const admin = await fixture.as('private', 'admin');
    for (const signer of [newSigner(), newSigner('ecdsa-p256')])
      for (const type of ['pkcs8', 'sec1'] as const) {
        if (type === 'sec1' && signer.privateKey.asymmetricKeyType !== 'ec') continue;
        const pem = signer.privateKey.export({ type, format: 'pem' }) as string;
        for (const publicKey of [pem, `${signer.publicKey}${pem}`]) {
          const refused = await admin.post('/v1/signing-keys', { name: 'x', publicKey });
          expect(refused).toMatchObject({ status: 400, body: { type: problem('private-key-refused') } });
          expect(refused.text).not.toContain(pem.split('\n')[1]);
        }
      }
    expect((await admin.get('/v1/signing-keys')).body.items).toEqual([]);
  });

  const good = newSigner().publicKey;
  test.each<[string, object, string]>([
    ['no name', { name: undefined }, '/name'],
    ['an empty name', { name: '' }, '/name'],
    ['no key', { publicKey: undefined }, '/publicKey'],
    ['a key that is text', { publicKey: 'ssh-ed25519 AAAA' }, '/publicKey'],
    ['two keys', { publicKey: good + good }, '/publicKey'],
    ['something behind its key', { publicKey: `${good}x` }, '/publicKey'],
    ['a key that was cut', { publicKey: good.replace(/.{8}\n-----END/, '\n-----END') }, '/publicKey'],
    ['a certificate', { publicKey: good.replaceAll('PUBLIC KEY', 'CERTIFICATE') }, '/publicKey'],
    ['an RSA key', { publicKey: pemOf(rsa.publicKey) }, '/publicKey'],
    ['a key on another curve', { publicKey: pemOf(p384.publicKey) }, '/publicKey'],
    ['more than a key takes', { publicKey: good + ' '.repeat(4_096) }, '/publicKey'],
    ['a member that nobody knows', { algorithm: 'ed25519' }, '/algorithm'],
  ])('with %s is refused at its place', async (_what, changes, pointer) => {
    const admin = await fixture.as('wrong', 'admin');
    const refused = await admin.post('/v1/signing-keys', { name: 'x', publicKey: good, ...changes });
    expect(refused).toMatchObject({ status: 400, body: { type: problem('validation-failed') } });
    expect(refused.body['errors']).toEqual([expect.objectContaining({ pointer })]);
    expect((await admin.get('/v1/signing-keys')).body.items).toEqual([]);
  });

  test('that is retired can be revoked, which is final, also against being created again', async () => {
    const admin = await fixture.as('ends', 'admin');
    const { keyid, publicKey } = await addKey(admin);
    const path = `/v1/signing-keys/${keyid}`;
    expect((await admin.post(`${path}/retire`, undefined)).body).toMatchObject({ state: 'retired' });
    expect((await admin.post(`${path}/revoke`, {})).status).toBe(400);
    expect((await admin.post(`${path}/revoke`, { reason: 'lost' })).body).toMatchObject({
      state: 'revoked',
      reason: 'lost',
    });
    expect((await admin.post(`${path}/retire`, undefined)).body.type).toBe(problem('signing-key-revoked'));
    expect((await admin.post('/v1/signing-keys', { name: 'x', publicKey })).body).toMatchObject({
      ...{ type: problem('signing-key-exists'), state: 'revoked' },
    });
    for (const route of ['retire', 'revoke'])
      expect((await admin.post(`/v1/signing-keys/${'0'.repeat(16)}/${route}`, { reason: 'x' })).status).toBe(404);
    expect((await admin.get('/v1/signing-keys/xyz')).status).toBe(400);
  });

  test('is not created beyond 100 of a tenant, also not by many at once', async () => {
    const tenant = 'crowd';
    const admin = await fixture.as(tenant, 'admin');
    await fixture.database.dataSource.query(
      `INSERT INTO signing_key (tenant, keyid, name, algorithm, public_key, state, created_at, created_by)
       SELECT $1, lpad(n::text, 16, '0'), 'x', 'ed25519', 'x', 'active', now(), 'x' FROM generate_series(1, 98) AS n`,
      [tenant],
    );
    const create = () => admin.post('/v1/signing-keys', { name: 'x', publicKey: newSigner().publicKey });
    const answers = await Promise.all([create(), create(), create(), create()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
      ...{ type: problem('signing-key-limit'), maximum: 100 },
    });
  });
});

describe('the list of signing keys', () => {
  test('has each once over all pages, and those that a filter names', async () => {
    const admin = await fixture.as('lister', 'admin');
    const keyids = [await addKey(admin), await addKey(admin), await addKey(admin)].map(({ keyid }) => keyid).sort();
    await admin.post(`/v1/signing-keys/${keyids[1] ?? ''}/retire`, undefined);
    const first = await admin.get('/v1/signing-keys?limit=2');
    const rest = await admin.get(`/v1/signing-keys?limit=2&cursor=${first.body.nextCursor ?? ''}`);
    expect([...first.body.items, ...rest.body.items].map(({ keyid }) => keyid)).toEqual(keyids);
    const retired = await admin.get('/v1/signing-keys?state=retired');
    expect(retired.body.items.map(({ keyid }) => keyid)).toEqual([keyids[1]]);
    expect((await admin.get('/v1/signing-keys?cursor=abc')).status).toBe(400);
  });
});

describe('operators', () => {
  test('of another tenant see no key and end none; release managers read and change nothing', async () => {
    const admin = await fixture.as('owner', 'admin');
    const { keyid, publicKey } = await addKey(admin);
    const other = await fixture.as('other', 'admin');
    expect((await other.get(`/v1/signing-keys/${keyid}`)).status).toBe(404);
    expect((await other.post(`/v1/signing-keys/${keyid}/revoke`, { reason: 'x' })).status).toBe(404);
    expect((await other.post('/v1/signing-keys', { name: 'mine too', publicKey })).status).toBe(201);
    const manager = await fixture.as('owner');
    expect((await manager.get(`/v1/signing-keys/${keyid}`)).body).toMatchObject({ state: 'active' });
    for (const refused of [
      manager.post('/v1/signing-keys', { name: 'x', publicKey }),
      manager.post(`/v1/signing-keys/${keyid}/retire`, undefined),
      manager.post(`/v1/signing-keys/${keyid}/revoke`, { reason: 'x' }),
    ])
      expect((await refused).status).toBe(403);
  });
});
