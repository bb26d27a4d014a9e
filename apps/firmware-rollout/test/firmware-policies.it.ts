import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';

let fixture: FirmwareFixture;
beforeAll(async () => {
  fixture = await startFixture();
}, 120_000);
afterAll(() => fixture.dispose());

const path = '/v1/firmware-policies/thermometer';
const problem = (slug: string): string => `urn:myelin:problem:${slug}`;

describe('a firmware policy', () => {
  test('refuses what is unsigned and asks for one key where nobody has said otherwise', async () => {
    const viewer = await fixture.as('default', 'viewer');
    const answer = await viewer.get(path);
    expect(answer).toMatchObject({ status: 200, etag: '' });
    expect(answer.body).toEqual({ profile: 'thermometer', unsigned: 'refused', threshold: 1, version: 0 });
  });

  test('is put under preconditions, and again without a new version', async () => {
    const admin = await fixture.as('put', 'admin');
    const policy = { unsigned: 'accepted', threshold: 2 };
    expect((await admin.put(path, policy, { 'if-match': '"0"' })).status).toBe(412);
    const created = await admin.put(path, policy, { 'if-none-match': '*' });
    expect(created).toMatchObject({
      status: 201,
      etag: '"1"',
      body: { profile: 'thermometer', version: 1, ...policy },
    });
    expect(await admin.put(path, policy)).toMatchObject({ status: 200, etag: '"1"' });
    const stricter = { unsigned: 'refused', threshold: 5 };
    expect((await admin.put(path, stricter)).body.type).toBe(problem('precondition-required'));
    expect((await admin.put(path, stricter, { 'if-match': '"2"' })).status).toBe(412);
    expect(await admin.put(path, stricter, { 'if-match': '"1"' })).toMatchObject({ status: 200, etag: '"2"' });
    expect(await admin.get(path)).toMatchObject({ status: 200, etag: '"2"', body: stricter });
  });

  test('that two change at once is changed by one', async () => {
    const admin = await fixture.as('race', 'admin');
    const put = (threshold: number, headers: Record<string, string>) =>
      admin.put(path, { unsigned: 'refused', threshold }, headers);
    const created = await Promise.all([1, 2, 3].map((threshold) => put(threshold, { 'if-none-match': '*' })));
    expect(created.map(({ status }) => status).sort()).toEqual([201, 412, 412]);
    const changed = await Promise.all([4, 5].map((threshold) => put(threshold, { 'if-match': '"1"' })));
    expect(changed.map(({ status }) => status).sort()).toEqual([200, 412]);
  });

  test.each<[unknown, string]>([
    [{ threshold: 1 }, '/unsigned'],
    [{ unsigned: 'maybe', threshold: 1 }, '/unsigned'],
    [{ unsigned: 'refused' }, '/threshold'],
    [{ unsigned: 'refused', threshold: 0 }, '/threshold'],
    [{ unsigned: 'refused', threshold: 6 }, '/threshold'],
    [{ unsigned: 'refused', threshold: 1.5 }, '/threshold'],
    [{ unsigned: 'refused', threshold: '1' }, '/threshold'],
    [{ unsigned: 'refused', threshold: 1, force: true }, '/force'],
    [[], ''],
  ])('%j is refused at its place, and changes nothing', async (body, pointer) => {
    const admin = await fixture.as('wrong', 'admin');
    const refused = await admin.put(path, body);
    expect(refused).toMatchObject({ status: 400, body: { type: problem('validation-failed') } });
    const pointers = (refused.body['errors'] as { pointer: string }[]).map((one) => one.pointer);
    expect(new Set(pointers)).toEqual(new Set([pointer]));
    expect((await admin.get(path)).body).toMatchObject({ version: 0 });
  });

  test('is changed by administrators, and only in their tenant', async () => {
    const policy = { unsigned: 'accepted', threshold: 1 };
    for (const role of ['viewer', 'operator', 'release-manager'])
      expect((await (await fixture.as('roles', role)).put(path, policy)).status).toBe(403);
    await (await fixture.as('owner', 'admin')).put(path, policy);
    expect((await (await fixture.as('roles', 'viewer')).get(path)).body).toMatchObject({ version: 0 });
    expect((await (await fixture.as('roles', 'viewer')).get('/v1/firmware-policies/a%2Fb')).status).toBe(400);
  });
});
