import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { maintenanceWindowStateV1, operatorActionRecordedV1 } from '@myelin/contracts';
import { ManualClock, eventProbe, waitFor } from '@myelin/testing';
import type { ApiClient } from './api-client.js';
import { type RegistryFixture, aWindowBody, startFixture } from './registry-fixture.js';

const hour = 3_600_000;
const day = 24 * hour;
// In the past, as brokers refuse records whose time lies far ahead.
const clock = new ManualClock(Date.now() - 60 * day);
let fixture: RegistryFixture;
let api: ApiClient;
beforeAll(async () => {
  fixture = await startFixture({ clock });
  api = await fixture.tenant('acme');
});
afterAll(() => fixture.dispose());

const windows = '/v1/maintenance-windows';
const at = (hours: number): string => new Date(clock.nowMs() + hours * hour).toISOString();
const aWindow = (window: string, changes: object = {}) => aWindowBody(window, changes, clock.nowMs());
const bodyOf = ({ window: _window, ...body }: ReturnType<typeof aWindow>) => body;
const running = (window: string) => aWindow(window, { from: at(-1) });
const problem = (slug: string): string => `urn:myelin:problem:${slug}`;
const ids = async (query = '', client = api): Promise<unknown[]> =>
  (await client.get(`${windows}${query}`)).body.items.map(({ window }) => window);

/** Made while it was upcoming, and over since an instant. */
async function anEndedWindow(window: string, client = api): Promise<void> {
  await client.post(windows, running(window));
  expect((await client.delete(`${windows}/${window}`, { 'if-match': '*' })).status).toBe(200);
}

describe('a maintenance window', () => {
  test('is created, changed and cancelled; each state is published in its order, and its id goes on above them', async () => {
    await using states = await eventProbe(fixture.kafka.settings, maintenanceWindowStateV1);
    const body = aWindow('walk', { scope: { profiles: ['boiler'], labels: { hall: ['7', '8'] } } });
    const created = await api.post(windows, body);
    const shown = { ...body, state: 'upcoming', actor: 'operator:test-operator', version: 1, updatedAt: at(0) };
    expect(created).toMatchObject({ status: 201, etag: '"1"', body: shown });
    expect(created.headers.get('location')).toBe(`${windows}/walk`);
    expect(await api.get(`${windows}/walk`)).toMatchObject({ status: 200, etag: '"1"', body: shown });
    const change = { scope: {}, from: at(2), until: at(26), reason: 'postponed' };
    const changed = await api.put(`${windows}/walk`, change, { 'if-match': '"1"' });
    expect(changed).toMatchObject({ status: 200, etag: '"2"', body: { ...change, window: 'walk', version: 2 } });
    const cancelled = await api.delete(`${windows}/walk`, { 'if-match': '"2"' });
    expect(cancelled).toMatchObject({ status: 204, text: '' });
    expect((await api.get(`${windows}/walk`)).body).toMatchObject({ type: problem('maintenance-window-not-found') });
    expect((await api.delete(`${windows}/walk`, { 'if-match': '"2"' })).status).toBe(404);
    expect(await ids()).not.toContain('walk');
    expect(await api.post(windows, body)).toMatchObject({ status: 201, etag: '"4"' });

    await states.next(({ key, headers }) => key === 'acme/walk' && headers['myelin-version'] === '4');
    const own = states.all().filter(({ key }) => key === 'acme/walk');
    const common = { tenant: 'acme', window: 'walk', actor: 'operator:test-operator' };
    expect(own.map(({ headers, payload }) => [headers['myelin-version'], payload])).toEqual([
      ['1', { ...common, ...body, version: 1 }],
      ['2', { ...common, ...change, version: 2 }],
      ['3', null],
      ['4', { ...common, ...body, version: 4 }],
    ]);
  });

  test('that is running keeps its beginning, and may last longer or be about other devices', async () => {
    await api.post(windows, aWindow('begun', { from: at(2) }));
    const before = bodyOf(aWindow('begun', { from: at(2) }));
    clock.advance(2 * hour);
    expect((await api.get(`${windows}/begun`)).body).toMatchObject({ state: 'running', version: 1 });
    for (const from of [at(-1), at(1)]) {
      const refused = await api.put(`${windows}/begun`, { ...before, from }, { 'if-match': '"1"' });
      expect(refused).toMatchObject({ status: 409, body: { type: problem('maintenance-window-begun') } });
      expect(refused.body['errors']).toMatchObject([{ pointer: '/from' }]);
      expect((await api.get(`${windows}/begun`)).body).toMatchObject({ ...before, version: 1 });
    }
    const past = await api.put(`${windows}/begun`, { ...before, until: at(0) }, { 'if-match': '"1"' });
    expect(past).toMatchObject({ status: 400, body: { errors: [{ pointer: '/until' }] } });
    const longer = { ...before, until: at(9), scope: { devices: ['boiler-1'] } };
    expect(await api.put(`${windows}/begun`, longer, { 'if-match': '"1"' })).toMatchObject({
      status: 200,
      body: { ...longer, state: 'running', version: 2 },
    });
  });

  test('that is running ends now when it is deleted: it stays in the list as over, and is published as such', async () => {
    await using states = await eventProbe(fixture.kafka.settings, maintenanceWindowStateV1);
    await api.post(windows, running('ended'));
    clock.advance(1_234);
    const ended = await api.delete(`${windows}/ended`, { 'if-match': '"1"' });
    const shown = { window: 'ended', until: at(0), state: 'over', version: 2 };
    expect(ended).toMatchObject({ status: 200, etag: '"2"', body: shown });
    expect((await api.get(`${windows}/ended`)).body).toMatchObject(shown);
    expect(await ids('?state=over')).toContain('ended');
    expect(await ids('?state=running')).not.toContain('ended');
    const state = await states.next(({ key, payload }) => key === 'acme/ended' && payload?.version === 2);
    expect(state.payload).toMatchObject({ until: at(0), reason: running('ended').reason });
    expect(state.headers['myelin-version']).toBe('2');
  });

  test('that is over is neither changed nor deleted', async () => {
    await anEndedWindow('old');
    const before = (await api.get(`${windows}/old`)).body;
    const answers = [
      await api.put(`${windows}/old`, bodyOf(aWindow('old')), { 'if-match': '*' }),
      await api.delete(`${windows}/old`, { 'if-match': '*' }),
    ];
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 409, body: { type: problem('maintenance-window-over') } });
    }
    expect((await api.get(`${windows}/old`)).body).toEqual(before);
  });

  test('is changed and deleted only by who has seen what it is', async () => {
    await api.post(windows, aWindow('strict'));
    await api.put(`${windows}/strict`, bodyOf(aWindow('strict')), { 'if-match': '"1"' });
    const before = (await api.get(`${windows}/strict`)).body;
    const answers = [
      await api.put(`${windows}/strict`, bodyOf(running('strict'))),
      await api.delete(`${windows}/strict`),
      await api.put(`${windows}/strict`, bodyOf(running('strict')), { 'if-match': '"1"' }),
      await api.delete(`${windows}/strict`, { 'if-match': '"1"' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([428, 428, 412, 412]);
    expect(answers[2]?.etag).toBe('"2"');
    expect((await api.get(`${windows}/strict`)).body).toEqual(before);
  });

  test('of one id is made once, however many ask for it at once', async () => {
    const posts = Array.from({ length: 6 }, () => api.post(windows, aWindow('race')));
    const answers = await Promise.all(posts);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
    const refused = answers.filter(({ status }) => status === 409);
    for (const { body } of refused) expect(body.type).toBe(problem('maintenance-window-exists'));
  });

  test('of another tenant is not there, and its id is free', async () => {
    const other = await fixture.tenant('other');
    await api.post(windows, aWindow('mine'));
    const before = (await api.get(`${windows}/mine`)).body;
    const answers = [
      await other.get(`${windows}/mine`),
      await other.put(`${windows}/mine`, bodyOf(aWindow('mine')), { 'if-match': '*' }),
      await other.delete(`${windows}/mine`, { 'if-match': '*' }),
    ];
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 404, body: { type: problem('maintenance-window-not-found') } });
    }
    expect(await ids('', other)).toEqual([]);
    expect((await other.post(windows, running('mine'))).status).toBe(201);
    expect((await api.get(`${windows}/mine`)).body).toEqual(before);
  });
});

describe('what is refused', () => {
  test.each<[string, () => object, string]>([
    ['an end before the beginning', () => ({ until: at(0.5) }), '/until'],
    ['an end at the beginning', () => ({ until: at(1) }), '/until'],
    ['an end that has passed', () => ({ from: at(-2), until: at(-1) }), '/until'],
    ['more than 31 days', () => ({ until: new Date(clock.nowMs() + hour + 31 * day + 1).toISOString() }), '/until'],
    ['no end', () => ({ until: undefined }), '/until'],
    ['a day that no calendar has', () => ({ from: '2028-02-30T00:00:00Z' }), '/from'],
    ['an instant without an offset', () => ({ from: '2028-02-03T00:00:00' }), '/from'],
    ['an instant after the year 9999', () => ({ until: '9999-12-31T23:59:59-12:00' }), '/until'],
    ['a number for an instant', () => ({ from: 1_795_737_600_000 }), '/from'],
    ['no reason', () => ({ reason: undefined }), '/reason'],
    ['an empty reason', () => ({ reason: '' }), '/reason'],
    ['a long reason', () => ({ reason: 'x'.repeat(513) }), '/reason'],
    ['no scope', () => ({ scope: undefined }), '/scope'],
    ['a scope of nothing known', () => ({ scope: { site: 'plant-1' } }), '/scope'],
    ['an empty list of devices', () => ({ scope: { devices: [] } }), '/scope/devices'],
    ['a site whose name is none', () => ({ scope: { sites: ['a', 'b c'] } }), '/scope/sites/1'],
    ['a label without a value', () => ({ scope: { labels: { 'a/b': [''] } } }), '/scope/labels/a~1b/0'],
    ['a member that is not known', () => ({ duration: 5 }), '/duration'],
  ])('%s, at its place, when it is made and when it is changed', async (_what, change, pointer) => {
    const refused = { status: 400, body: { type: problem('validation-failed') } };
    const made = await api.post(windows, aWindow('bad', change()));
    expect(made).toMatchObject(refused);
    expect(made.body['errors']).toEqual([expect.objectContaining({ pointer })]);
    expect((await api.get(`${windows}/bad`)).status).toBe(404);

    await api.post(windows, aWindow('good'));
    const before = await api.get(`${windows}/good`);
    const changed = await api.put(`${windows}/good`, bodyOf(aWindow('good', change())), { 'if-match': before.etag });
    expect(changed).toMatchObject(refused);
    expect(changed.body['errors']).toEqual([expect.objectContaining({ pointer })]);
    expect((await api.get(`${windows}/good`)).body).toEqual(before.body);
  });

  test('31 days are not, nor a beginning that has passed, nor the whole tenant', async () => {
    const from = new Date(clock.nowMs() - hour);
    const until = new Date(from.getTime() + 31 * day);
    const answer = await api.post(windows, aWindow('long', { from, until, scope: {} }));
    expect(answer).toMatchObject({ status: 201, body: { state: 'running', scope: {} } });
  });

  test.each([[{ window: 'a b' }], [{ window: undefined }], [{ window: '' }]])('the id of %j', async (change) => {
    const answer = await api.post(windows, aWindow('x', change));
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '/window' }] } });
  });

  test.each([
    ['state=pending', 'state'],
    ['site=a%20b', 'site'],
    ['device=a%20b', 'device'],
    ['limit=101', 'limit'],
    ['cursor=WzEsMl0', 'cursor'],
    ['cursor=Wy0xZTE1LCJhIl0', 'cursor'],
  ])('a list by %s', async (query, parameter) => {
    const answer = await api.get(`${windows}?${query}`);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ parameter }] } });
  });
});

describe('of windows that are not over', () => {
  const fill = `
    INSERT INTO maintenance_window (tenant, window_id, scope, starts_at, ends_at, reason, actor, version, updated_at)
    SELECT $1, $2 || n, '{}', $3, $4, 'works', 'operator:a', 1, $3 FROM generate_series(1, $5::integer) AS n`;
  const limit = { type: problem('maintenance-window-limit'), maxWindows: 1_000 };
  const filling = (tenant: string, prefix: string, count: number): unknown[] => {
    return [tenant, prefix, new Date(at(1)), new Date(at(2)), count];
  };

  test('a tenant has at most 1,000', async () => {
    const full = await fixture.tenant('full');
    await fixture.database.dataSource.query(fill, filling('full', 'w-', 999));
    await anEndedWindow('over', full);
    expect((await full.post(windows, aWindow('last'))).status).toBe(201);
    expect(await full.post(windows, aWindow('more'))).toMatchObject({ status: 409, body: limit });
    expect((await full.get(`${windows}/more`)).status).toBe(404);
    const again = await full.post(windows, aWindow('last'));
    expect(again).toMatchObject({ status: 409, body: { type: problem('maintenance-window-exists') } });
    const noBodyOfAType = { 'if-match': '*', 'content-type': 'application/json' };
    expect((await full.delete(`${windows}/w-1`, noBodyOfAType)).status).toBe(204);
    expect((await full.post(windows, aWindow('more'))).status).toBe(201);
  });

  test('and with those that are over at most 2,000, until they are forgotten', async () => {
    const full = await fixture.tenant('full-of-old');
    const old = ['full-of-old', 'old-', new Date(at(-3)), new Date(at(-2)), 1_999];
    await fixture.database.dataSource.query(fill, old);
    expect((await full.post(windows, aWindow('last'))).status).toBe(201);
    expect(await full.post(windows, aWindow('more'))).toMatchObject({
      status: 409,
      body: { ...limit, maxWindows: 2_000 },
    });
    expect((await full.get(`${windows}/more`)).status).toBe(404);
    await fixture.database.dataSource.query(`DELETE FROM maintenance_window WHERE window_id = 'old-1'`);
    expect((await full.post(windows, aWindow('more'))).status).toBe(201);
  });

  test('one that is being made counts for the next one, which waits for it', async () => {
    const { dataSource } = fixture.database;
    const full = await fixture.tenant('full-at-once');
    await dataSource.query(fill, filling('full-at-once', 'w-', 999));
    const isWaiting = `SELECT 1 FROM pg_stat_activity WHERE usename = current_user AND wait_event_type = 'Lock'`;
    let isAnswered = false;
    const next = await dataSource.transaction(async (tx) => {
      await tx.query(fill, filling('full-at-once', 'last-', 1));
      const answer = full.post(windows, aWindow('more')).finally(() => (isAnswered = true));
      const waits = async (): Promise<boolean> =>
        isAnswered || (await dataSource.query<unknown[]>(isWaiting)).length > 0;
      await waitFor(waits, { what: 'the next one to wait or to be answered' });
      return { answer };
    });
    expect(await next.answer).toMatchObject({ status: 409, body: limit });
  });
});

describe('the list', () => {
  test('is in the order of beginnings, then ids, page by page, and by state and names of the scope', async () => {
    const lister = await fixture.tenant('lister');
    const scope = { sites: ['plant-1', 'plant-2'], devices: ['a:1'], profiles: ['boiler'] };
    await lister.post(windows, aWindow('later', { from: at(2), scope }));
    await lister.post(windows, aWindow('b', { scope: { sites: ['plant-2'] } }));
    await lister.post(windows, aWindow('a', { scope: {} }));
    await lister.post(windows, running('now'));
    await lister.post(windows, aWindow('past', { from: at(-3) }));
    await lister.delete(`${windows}/past`, { 'if-match': '*' });

    const order = ['past', 'now', 'a', 'b', 'later'];
    expect(await ids('', lister)).toEqual(order);
    const paged: unknown[] = [];
    for (let cursor = ''; paged.length < order.length;) {
      const { body } = await lister.get(`${windows}?limit=2${cursor}`);
      paged.push(...body.items.map(({ window }) => window));
      expect(body.nextCursor === undefined).toBe(paged.length === order.length);
      cursor = `&cursor=${body.nextCursor ?? ''}`;
    }
    expect(paged).toEqual(order);
    expect(await ids('?state=upcoming', lister)).toEqual(['a', 'b', 'later']);
    expect(await ids('?state=running', lister)).toEqual(['now']);
    expect(await ids('?state=over', lister)).toEqual(['past']);
    expect(await ids('?site=plant-2', lister)).toEqual(['b', 'later']);
    expect(await ids('?site=plant-2&state=upcoming&profile=boiler', lister)).toEqual(['later']);
    expect(await ids('?device=a:1', lister)).toEqual(['later']);
    expect(await ids('?device=plant-2', lister)).toEqual([]);
  });
});

test('the audit trail has who made, changed, ended and cancelled windows, and nothing of what was refused', async () => {
  await using events = await eventProbe(fixture.kafka.settings, operatorActionRecordedV1);
  const audited = await fixture.tenant('audited');
  await audited.post(windows, aWindow('one'));
  await audited.post(windows, aWindow('one'));
  await audited.post(windows, aWindow('bad', { until: at(0) }));
  await audited.put(`${windows}/one`, bodyOf(running('one')), { 'if-match': '"1"' });
  await audited.delete(`${windows}/one`, { 'if-match': '"2"' });
  await audited.delete(`${windows}/one`, { 'if-match': '"3"' });
  await audited.post(windows, aWindow('two'));
  await audited.delete(`${windows}/two`, { 'if-match': '"1"' });

  const expected = [
    ['tenant.create', 'audited'],
    ['maintenance-window.create', 'one'],
    ['maintenance-window.change', 'one'],
    ['maintenance-window.end', 'one'],
    ['maintenance-window.create', 'two'],
    ['maintenance-window.cancel', 'two'],
  ];
  const entries = (await audited.get('/v1/audit')).body.items.map(({ action, entity }) => [action, entity]);
  expect(entries.reverse()).toEqual(expected);
  await events.next(({ payload }) => payload?.action === 'maintenance-window.cancel' && payload.tenant === 'audited');
  const own = events.all().filter(({ key }) => key === 'audited');
  expect(own.map(({ payload }) => [payload?.action, payload?.entity])).toEqual(expected);
});
