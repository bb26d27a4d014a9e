import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { releaseStateV1 } from '@myelin/contracts';
import { schemaDrift } from '@myelin/persistence';
import { eventProbe } from '@myelin/testing';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';
import { factsOf } from './release-signing.js';
import {
  aRelease,
  addArtifact,
  addKey,
  content,
  publishedRelease,
  signedDraft,
  startTenant,
} from './releases-fixture.js';

let fixture: FirmwareFixture;
beforeAll(async () => {
  fixture = await startFixture();
}, 120_000);
afterAll(() => fixture.dispose());

const problem = (slug: string): string => `urn:myelin:problem:${slug}`;
const rows = (sql: string, parameters: unknown[] = []) =>
  fixture.database.dataSource.query<Record<string, unknown>[]>(sql, parameters);
const referencesOf = (tenant: string) =>
  rows('SELECT sha256, holder FROM artifact_reference WHERE tenant = $1 ORDER BY sha256', [tenant]);

/** Every member of a release. */
const everything = aRelease({
  hardware: ['board:1.0', 'board:1.1'],
  ...{ minimumVersion: '2.0.0', notes: 'Zu heiß: behoben.', part: 'bApp', metadata: { channel: 'stable', 'a.b': '' } },
});

test('the schema is what the entities describe', async () => {
  expect(await schemaDrift(fixture.database.dataSource)).toEqual([]);
});

describe('a draft', () => {
  test('is put under preconditions, read as it was put, holds its artifacts, and is deleted', async () => {
    const { manager } = await startTenant(fixture, 'drafts');
    const other = await addArtifact(fixture, 'drafts', 'other');
    const path = '/v1/releases/fw-2';
    expect((await manager.put(path, everything, { 'if-match': '"1"' })).status).toBe(412);
    const created = await manager.put(path, everything, { 'if-none-match': '*' });
    const shown = { release: 'fw-2', revision: 1, state: 'draft', ...everything };
    expect(created).toMatchObject({ status: 201, etag: '"1"', body: shown });
    expect(created.body).not.toHaveProperty('trust');
    expect(await manager.put(path, everything)).toMatchObject({ status: 200, etag: '"1"' });
    const changed = { ...everything, artifacts: [{ filename: 'fw.swu', sha256: other }] };
    expect((await manager.put(path, changed)).body.type).toBe(problem('precondition-required'));
    expect((await manager.put(path, changed, { 'if-none-match': '*' })).status).toBe(412);
    expect(await referencesOf('drafts')).toEqual([{ sha256: factsOf(content).sha256, holder: 'release:fw-2' }]);
    expect(await manager.put(path, changed, { 'if-match': '"1"' })).toMatchObject({ status: 200, etag: '"2"' });
    expect(await referencesOf('drafts')).toEqual([{ sha256: other, holder: 'release:fw-2' }]);
    expect(await manager.get(path)).toMatchObject({ status: 200, etag: '"2"', body: { ...changed, revision: 2 } });
    expect((await manager.delete(path)).status).toBe(428);
    expect((await manager.delete(path, { 'if-match': '"1"' })).status).toBe(412);
    expect((await manager.delete(path, { 'if-match': '"2"' })).status).toBe(204);
    expect((await manager.get(path)).body.type).toBe(problem('release-not-found'));
    expect(await referencesOf('drafts')).toEqual([]);
  });

  test('that is made anew has none of the ETags of the deleted one', async () => {
    const { manager } = await startTenant(fixture, 'anew');
    const path = '/v1/releases/fw';
    await manager.put(path, aRelease());
    await manager.put(path, aRelease({ notes: 'x' }), { 'if-match': '"1"' });
    await manager.delete(path, { 'if-match': '"2"' });
    const { etag } = await manager.put(path, aRelease({ notes: 'y' }));
    expect(['"1"', '"2"']).not.toContain(etag);
    expect((await manager.post(`${path}/publish`, undefined, { 'if-match': '"2"' })).status).toBe(412);
  });

  test('that several put at once is created by one, and changed by one', async () => {
    const { manager } = await startTenant(fixture, 'race');
    const many = ['a', 'b', 'c', 'd'];
    const put = (notes: string, headers: Record<string, string>) =>
      manager.put('/v1/releases/fw', aRelease({ notes }), headers);
    const created = await Promise.all(many.map((notes) => put(notes, { 'if-none-match': '*' })));
    expect(created.map(({ status }) => status).sort()).toEqual([201, 412, 412, 412]);
    const changed = await Promise.all(many.map((notes) => put(`${notes}2`, { 'if-match': '"1"' })));
    expect(changed.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
  });

  const long = 'x'.repeat(65);
  test.each<[string, object, readonly string[]]>([
    [
      'nothing',
      { version: undefined, profile: undefined, hardware: undefined, artifacts: undefined },
      ['/version', '/profile', '/hardware', '/artifacts'],
    ],
    ['a member that nobody knows', { force: true }, ['/force']],
    ['forms that cannot be', { version: 'a b', profile: '../x', part: '' }, ['/version', '/profile', '/part']],
    ['a minimum above itself', { minimumVersion: '2.4.2' }, ['/minimumVersion']],
    ['no hardware', { hardware: [] }, ['/hardware']],
    [
      'hardware of another form',
      { hardware: ['board:1', 'board', 'a:b:c', 7] },
      ['/hardware/1', '/hardware/2', '/hardware/3'],
    ],
    ['too much hardware', { hardware: Array.from({ length: 33 }, (_, nth) => `b:${nth}`) }, ['/hardware']],
    ['notes beyond 8 KiB of UTF-8', { notes: 'ß'.repeat(4_097) }, ['/notes']],
    ['notes that no database takes', { notes: 'a\0' }, ['/notes']],
    ['no artifacts', { artifacts: [] }, ['/artifacts']],
    [
      'a file name that leaves its folder',
      {
        artifacts: [
          { filename: '../etc', sha256: 'a'.repeat(64) },
          { filename: 'a/b', sha256: 'b'.repeat(64) },
        ],
      },
      ['/artifacts/0/filename', '/artifacts/1/filename'],
    ],
    [
      'a file name twice',
      { artifacts: ['a', 'b'].map((one) => ({ filename: 'f', sha256: one.repeat(64) })) },
      ['/artifacts/1/filename'],
    ],
    [
      'artifacts of another form',
      { artifacts: [{ filename: 'a', sha256: 'A'.repeat(64), size: 1 }, null] },
      ['/artifacts/0/size', '/artifacts/0/sha256', '/artifacts/1'],
    ],
    [
      'metadata of another form',
      { metadata: { a: 1, [long]: 'x', b: 'y'.repeat(513) } },
      ['/metadata/a', `/metadata/${long}`, '/metadata/b'],
    ],
    [
      'too much metadata',
      { metadata: Object.fromEntries(Array.from({ length: 33 }, (_, nth) => [`k${nth}`, ''])) },
      ['/metadata'],
    ],
  ])('with %s is refused at every place, and changes nothing', async (_what, changes, pointers) => {
    const { manager } = await startTenant(fixture, 'wrong');
    const refused = await manager.put('/v1/releases/fw', aRelease(changes));
    expect(refused).toMatchObject({ status: 400, body: { type: problem('validation-failed') } });
    const errors = refused.body['errors'] as { pointer: string }[];
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual([...pointers].sort());
    expect((await manager.get('/v1/releases/fw')).status).toBe(404);
  });

  test('with artifacts that the tenant has not is refused at each, also when another tenant has them', async () => {
    const { manager } = await startTenant(fixture, 'missing');
    const foreign = await addArtifact(fixture, 'somebody-else', 'foreign');
    const artifacts = [
      ...aRelease().artifacts,
      { filename: 'b', sha256: foreign },
      { filename: 'c', sha256: '0'.repeat(64) },
    ];
    const refused = await manager.put('/v1/releases/fw', aRelease({ artifacts }));
    expect(refused).toMatchObject({ status: 400, body: { type: problem('validation-failed') } });
    expect(refused.body['errors']).toEqual(
      [1, 2].map((nth) => ({ pointer: `/artifacts/${nth}/sha256`, detail: 'there is no such artifact' })),
    );
    expect(await referencesOf('missing')).toEqual([]);
  });
});

describe('publishing', () => {
  test('a release makes it final, tells of it once, and is repeated without a change', async () => {
    await using states = await eventProbe(fixture.kafka.settings, releaseStateV1);
    const { manager, admin } = await startTenant(fixture, 'publish');
    const signer = await addKey(admin);
    const manifest = { releaseCounter: 7, expiresAt: '2126-01-01T00:00:00Z' };
    const path = await signedDraft(manager, 'fw', [signer], { body: everything, manifest });
    expect((await manager.get(path)).body['obstacles']).toEqual([]);
    expect((await manager.post(`${path}/publish`, undefined)).status).toBe(428);
    expect((await manager.post(`${path}/publish`, undefined, { 'if-match': '"1"' })).status).toBe(412);
    const publish = () => manager.post(`${path}/publish`, undefined, { 'if-match': '"2"' });
    const published = await publish();
    expect(published).toMatchObject({
      ...{ status: 200, etag: '"3"' },
      body: { state: 'published', trust: 'signed', signers: [signer.keyid], releaseCounter: 7 },
    });
    expect(await publish()).toMatchObject({ status: 200, etag: '"3"', body: published.body });
    expect((await manager.put(path, everything)).status).toBe(200);
    for (const refused of [
      await manager.put(path, { ...everything, notes: 'x' }, { 'if-match': '"3"' }),
      await manager.delete(path, { 'if-match': '"3"' }),
    ])
      expect(refused).toMatchObject({ status: 409, body: { type: problem('release-not-draft') } });
    expect((await manager.get(path)).body).toMatchObject({ revision: 3, ...everything, obstacles: [] });

    expect((await manager.post(`${path}/revoke`, {})).status).toBe(400);
    const revoked = await manager.post(`${path}/revoke`, { reason: 'bricks board 1.1' });
    expect(revoked).toMatchObject({
      ...{ status: 200, etag: '"4"', body: { state: 'revoked', revocationReason: 'bricks board 1.1' } },
    });
    expect((await manager.post(`${path}/revoke`, { reason: 'again' })).body).toEqual(revoked.body);
    expect((await publish()).body.type).toBe(problem('release-revoked'));
    expect((await manager.get(path)).body['obstacles']).toMatchObject([{ code: 'release-revoked' }]);

    await states.next(({ payload }) => payload?.tenant === 'publish' && payload.state === 'revoked');
    const own = states.all().filter(({ key }) => key === 'publish/fw');
    expect(own.map(({ headers }) => headers['myelin-version'])).toEqual(['3', '4']);
    const { notes, ...told } = everything as typeof everything & { notes: string };
    expect(notes).not.toBe('');
    expect(own[0]?.payload).toEqual({
      ...{ tenant: 'publish', release: 'fw', revision: 3, state: 'published', trust: 'signed', ...told },
      artifacts: [{ ...everything.artifacts[0], size: 11 }],
      ...{ releaseCounter: 7, manifestExpiresAt: '2126-01-01T00:00:00.000Z' },
      ...{ updatedAt: published.body['updatedAt'], publishedAt: published.body['publishedAt'] },
    });
    expect(own[1]?.payload).toMatchObject({ state: 'revoked', reason: 'bricks board 1.1' });
    for (const { payload } of own) expect(releaseStateV1.strict(payload)).toMatchObject({ ok: true });
  }, 60_000);

  test('is done once however many ask at once', async () => {
    const { manager, admin, tenant } = await startTenant(fixture, 'publish-race');
    const path = await signedDraft(manager, 'fw', [await addKey(admin)]);
    const publish = () => manager.post(`${path}/publish`, undefined, { 'if-match': '"2"' });
    const answers = await Promise.all([publish(), publish(), publish(), publish()]);
    expect(answers.map(({ status, etag }) => [status, etag])).toEqual(Array(4).fill([200, '"3"']));
    const history = await rows(`SELECT FROM release_history WHERE tenant = $1 AND action = 'published'`, [tenant]);
    expect(history).toHaveLength(1);
  });

  test('is refused with every obstacle, and changes nothing: unsigned, and a version that is taken in another spelling', async () => {
    const { manager, admin } = await startTenant(fixture, 'obstacles');
    await publishedRelease(manager, 'first', [await addKey(admin)]);
    const path = '/v1/releases/second';
    await manager.put(path, aRelease({ version: 'v2.4.1+rebuilt' }));
    const refused = await manager.post(`${path}/publish`, undefined, { 'if-match': '"1"' });
    expect(refused).toMatchObject({ status: 409, body: { type: problem('release-not-publishable') } });
    expect(refused.body['obstacles']).toMatchObject([{ code: 'unsigned' }, { code: 'version-taken' }]);
    expect((await manager.get(path)).body).toMatchObject({ state: 'draft', obstacles: refused.body['obstacles'] });
  });

  test('frees its version when it is revoked, but never its counter', async () => {
    const { manager, admin } = await startTenant(fixture, 'freed');
    const signer = await addKey(admin);
    const first = await publishedRelease(manager, 'first', [signer], { manifest: { releaseCounter: 5 } });
    await manager.post(`${first}/revoke`, { reason: 'wrong' });
    const same = await signedDraft(manager, 'second', [signer], { manifest: { releaseCounter: 6 } });
    expect((await manager.post(`${same}/publish`, undefined, { 'if-match': '"2"' })).status).toBe(200);
  });

  test('checks the manifest against what the draft has become since', async () => {
    const { manager, admin } = await startTenant(fixture, 'drifted');
    const path = await signedDraft(manager, 'fw', [await addKey(admin)]);
    await manager.put(path, aRelease({ version: '2.4.2' }), { 'if-match': '"2"' });
    const refused = await manager.post(`${path}/publish`, undefined, { 'if-match': '"3"' });
    expect(refused.body['obstacles']).toMatchObject([{ code: 'version-differs' }]);
  });

  test('a draft is not revoked', async () => {
    const { manager } = await startTenant(fixture, 'draft-revoke');
    await manager.put('/v1/releases/fw', aRelease());
    const refused = await manager.post('/v1/releases/fw/revoke', { reason: 'x' });
    expect(refused).toMatchObject({ status: 409, body: { type: problem('release-not-published') } });
  });
});

describe('the list of releases', () => {
  test('has each once over all pages, by id, and those that a filter names', async () => {
    const { manager, admin } = await startTenant(fixture, 'lister');
    await publishedRelease(manager, 'b', [await addKey(admin)]);
    for (const release of ['C', 'a']) await manager.put(`/v1/releases/${release}`, aRelease({ profile: 'door' }));
    const idsOf = async (query: string): Promise<unknown[]> =>
      (await manager.get(`/v1/releases${query}`)).body.items.map(({ release }) => release);
    expect(await idsOf('')).toEqual(['C', 'a', 'b']);
    expect(await idsOf('?state=published')).toEqual(['b']);
    expect(await idsOf('?profile=door&state=draft')).toEqual(['C', 'a']);
    const first = await manager.get('/v1/releases?limit=2');
    const rest = await manager.get(`/v1/releases?limit=2&cursor=${first.body.nextCursor ?? ''}`);
    expect([...first.body.items, ...rest.body.items].map(({ release }) => release)).toEqual(['C', 'a', 'b']);
    expect(rest.body.nextCursor).toBeUndefined();
  });

  test.each(['limit=0', 'limit=201', 'state=open', 'profile=a%2Fb', 'cursor=abc', 'site=north'])(
    'refuses %s',
    async (query) => {
      const answer = await (await fixture.as('lister')).get(`/v1/releases?${query}`);
      expect(answer.status).toBe(400);
      expect(answer.body['errors']).toEqual([expect.objectContaining({ parameter: query.split('=')[0] })]);
    },
  );
});

describe('the history of a release', () => {
  test('says who did what and why, the latest first, also of a deleted draft, and nothing of what was refused', async () => {
    const { manager, admin, viewer } = await startTenant(fixture, 'history');
    const path = await publishedRelease(manager, 'fw', [await addKey(admin)]);
    await manager.put(path, aRelease({ notes: 'x' }), { 'if-match': '"3"' });
    await manager.post(`${path}/revoke`, { reason: 'wrong' });
    const { body } = await viewer.get(`${path}/history`);
    expect(body.items.map(({ action, reason }) => [action, reason])).toEqual([
      ...[['revoked', 'wrong'], ['published'], ['manifest-put'], ['created']].map(([action, reason]) => [
        action,
        reason,
      ]),
    ]);
    for (const { actor, at } of body.items)
      expect([actor, at]).toEqual([expect.stringMatching(/^operator:/), expect.any(String)]);
    const first = await viewer.get(`${path}/history?limit=3`);
    const rest = await viewer.get(`${path}/history?limit=3&cursor=${first.body.nextCursor ?? ''}`);
    expect([...first.body.items, ...rest.body.items]).toEqual(body.items);

    await manager.put('/v1/releases/gone', aRelease());
    await manager.delete('/v1/releases/gone', { 'if-match': '*' });
    const gone = await viewer.get('/v1/releases/gone/history');
    expect(gone.body.items.map(({ action }) => action)).toEqual(['deleted', 'created']);
    expect((await viewer.get('/v1/releases/never/history')).status).toBe(404);
  });
});

describe('operators', () => {
  test('of another tenant see nothing of a release, and touch nothing', async () => {
    const [owner, other] = [await startTenant(fixture, 'owner'), await startTenant(fixture, 'other')];
    const path = await publishedRelease(owner.manager, 'fw', [await addKey(owner.admin)]);
    for (const route of [path, `${path}/manifest`, `${path}/history`])
      expect((await other.manager.get(route)).status).toBe(404);
    expect((await other.manager.get('/v1/releases')).body.items).toEqual([]);
    expect((await other.manager.post(`${path}/publish`, undefined, { 'if-match': '*' })).status).toBe(404);
    expect((await other.manager.post(`${path}/revoke`, { reason: 'x' })).status).toBe(404);
    expect((await other.manager.delete(path, { 'if-match': '*' })).status).toBe(404);
    expect((await other.manager.put(path, aRelease({ notes: 'mine' }))).status).toBe(201);
    expect((await owner.manager.get(path)).body).not.toHaveProperty('notes');
  });

  test('need a role: viewers and operators read and change nothing, nobody is refused', async () => {
    await startTenant(fixture, 'roles');
    for (const role of ['viewer', 'operator']) {
      const reader = await fixture.as('roles', role);
      expect((await reader.get('/v1/releases')).status).toBe(200);
      for (const refused of [
        reader.put('/v1/releases/x', aRelease()),
        reader.put('/v1/releases/x/manifest', {}),
        reader.post('/v1/releases/x/publish', undefined),
        reader.post('/v1/releases/x/revoke', { reason: 'x' }),
        reader.delete('/v1/releases/x', { 'if-match': '*' }),
      ])
        expect((await refused).status).toBe(403);
    }
    expect((await fetch(`${fixture.service.url}/v1/releases`)).status).toBe(401);
  });
});
