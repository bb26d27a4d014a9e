import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ApiClient } from '@myelin/testing';
import { Alerting } from '../src/alerting.js';
import { AlarmStore } from '../src/alarms/alarm-store.js';
import { alarmLimits } from '../src/domain/alarms/alarm.js';
import type { Found } from '../src/domain/alarms/found.js';
import { HandleAlarmController } from '../src/features/handle-alarm/handle-alarm.controller.js';
import { ReadAlarmsController } from '../src/features/read-alarms/read-alarms.controller.js';
import { type AlarmsFixture, cleared, idOf, raised, useAlarms } from './alarms-fixture.js';
import { type Served, serve } from './serve-fixture.js';

let fixture: AlarmsFixture;
let served: Served;
let api: ApiClient;
beforeAll(async () => {
  fixture = await useAlarms();
  served = await serve(
    [ReadAlarmsController, HandleAlarmController],
    [
      { provide: Alerting, useValue: fixture.alerting },
      { provide: AlarmStore, useValue: fixture.alarms },
    ],
  );
  api = await as('acme', 'operator');
});
afterAll(async () => {
  await served.close();
  await fixture.database.dispose();
});
beforeEach(() => fixture.clear());

const as: Served['as'] = (...who) => served.as(...who);
const pathOf = (found: Found, command = ''): string => `/v1/alarms/${idOf(found)}${command && `/${command}`}`;
const entriesOf = async (found: Found): Promise<unknown[]> => {
  const { body } = await api.get(pathOf(found, 'history'));
  return body.items.map(({ kind, actor, text }) => [kind, actor, text]);
};
const ifMatch = (version: number) => ({ 'if-match': `"${version}"` });
const problem = (status: number, type: string) => ({ status, body: { type: `urn:myelin:problem:${type}` } });

describe('an alarm', () => {
  const found = raised({
    site: 'plant-1',
    profile: 'thermometer',
    deviceLabels: { line: '4' },
    labels: { team: 'north' },
  });

  test('is read with version, times and history', async () => {
    await fixture.apply([found, cleared()]);
    const answer = await api.get(pathOf(found));
    const at = new Date(fixture.clock.nowMs()).toISOString();
    expect(answer).toMatchObject({ status: 200, etag: '"2"' });
    expect(answer.body).toEqual({
      ...{ alarm: idOf(found), rule: 'hot', ruleVersion: 1, device: 'd-1', site: 'plant-1', profile: 'thermometer' },
      ...{ deviceLabels: { line: '4' }, labels: { team: 'north' }, annotations: {}, severity: 'major' },
      ...{ state: 'cleared', clearReason: 'condition', flapping: false, version: 2 },
      ...{ startedAt: '1970-01-01T00:00:01.000Z', raisedAt: '1970-01-01T00:00:02.000Z', raiseNoticedAt: at },
      ...{ clearedAt: '1970-01-01T00:00:03.000Z', clearNoticedAt: at },
      history: {
        items: [
          { version: 2, kind: 'clear', at, text: 'condition' },
          { version: 1, kind: 'raise', at },
        ],
      },
    });
  });

  test('is nothing of another tenant, and is not changed without the role', async () => {
    await fixture.apply([found]);
    const other = await as('beta', 'admin');
    for (const path of [pathOf(found), pathOf(found, 'history')])
      expect(await other.get(path)).toMatchObject(problem(404, 'alarm-not-found'));
    expect((await other.get('/v1/alarms')).body.items).toEqual([]);
    expect((await other.get('/v1/alarms/summary')).body).toMatchObject({ active: 0, byRule: [] });
    const stolen = await other.post(pathOf(found, 'clear'), { reason: 'mine' }, ifMatch(1));
    expect(stolen).toMatchObject(problem(404, 'alarm-not-found'));
    const viewer = await as('acme', 'viewer');
    expect((await viewer.post(pathOf(found, 'acknowledge'), undefined, ifMatch(1))).status).toBe(403);
    expect((await viewer.get(pathOf(found))).body).toMatchObject({ version: 1, state: 'active' });
    expect((await served.nobody().get(pathOf(found))).status).toBe(401);
  });

  test('of a wrong or unknown id is refused', async () => {
    expect(await api.get('/v1/alarms/none')).toMatchObject(problem(400, 'validation-failed'));
    expect(await api.get(pathOf(found))).toMatchObject(problem(404, 'alarm-not-found'));
    expect(await api.get(pathOf(found, 'history'))).toMatchObject(problem(404, 'alarm-not-found'));
  });
});

describe('a command', () => {
  const found = raised();
  const until = (inMs: number): string => new Date(fixture.clock.nowMs() + inMs).toISOString();
  beforeEach(() => fixture.apply([found]));

  test('changes the alarm one version after the other, under the name of who sent it', async () => {
    const steps: [string, object | undefined, object][] = [
      ['acknowledge', undefined, { acknowledged: { by: 'operator:ada', at: until(0) } }],
      ['assign', { assignee: 'bob' }, { assignee: 'bob' }],
      ['shelve', { until: until(60_000) }, { shelvedUntil: until(60_000) }],
      ['comment', { text: 'on my way' }, { shelvedUntil: until(60_000) }],
      ['unshelve', undefined, { assignee: 'bob' }],
      ['unassign', undefined, { acknowledged: { by: 'operator:ada', at: until(0) } }],
      ['unacknowledge', undefined, { state: 'active' }],
      ['clear', { reason: 'broken sensor' }, { state: 'cleared', clearReason: 'manual', clearedAt: until(0) }],
    ];
    for (const [i, [command, body, seen]] of steps.entries()) {
      const answer = await api.post(pathOf(found, command), body, ifMatch(i + 1));
      expect(answer).toMatchObject({ status: 200, etag: `"${i + 2}"`, body: { version: i + 2, ...seen } });
    }
    const after = await api.get(pathOf(found));
    for (const gone of ['acknowledged', 'assignee', 'shelvedUntil']) expect(after.body).not.toHaveProperty(gone);
    expect(await entriesOf(found)).toEqual([
      ['clear', 'operator:ada', 'broken sensor'],
      ['unacknowledge', 'operator:ada', undefined],
      ['unassign', 'operator:ada', undefined],
      ['unshelve', 'operator:ada', undefined],
      ['comment', 'operator:ada', 'on my way'],
      ['shelve', 'operator:ada', until(60_000)],
      ['assign', 'operator:ada', 'bob'],
      ['acknowledge', 'operator:ada', undefined],
      ['raise', undefined, undefined],
    ]);
  });

  test('needs the version that was read', async () => {
    const path = pathOf(found, 'acknowledge');
    expect(await api.post(path, undefined)).toMatchObject(problem(428, 'precondition-required'));
    const late = await api.post(path, undefined, ifMatch(2));
    expect(late).toMatchObject({ ...problem(412, 'version-mismatch'), etag: '"1"' });
    expect(await api.post(path, undefined, { 'if-match': 'x' })).toMatchObject(problem(400, 'if-match-malformed'));
    expect((await api.get(pathOf(found))).etag).toBe('"1"');
  });

  test('of two operators at the same version is carried out for one of them, and the other is told so', async () => {
    const ben = await as('acme', 'operator', 'ben');
    for (let version = 1; version <= 5; version++) {
      const answers = await Promise.all(
        [api, ben].map((one) => one.post(pathOf(found, 'comment'), { text: 'mine' }, ifMatch(version))),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
    }
    expect(await entriesOf(found)).toHaveLength(6);
  });

  test('that has nothing to change is a conflict and leaves no trace', async () => {
    for (const command of ['unacknowledge', 'unshelve', 'unassign'])
      expect(await api.post(pathOf(found, command), undefined, ifMatch(1))).toMatchObject(
        problem(409, 'alarm-nothing-to-change'),
      );
    await fixture.apply([cleared()]);
    const late = await api.post(pathOf(found, 'clear'), { reason: 'over' }, ifMatch(2));
    expect(late).toMatchObject(problem(409, 'alarm-nothing-to-change'));
    expect(await entriesOf(found)).toHaveLength(2);
  });

  test.each<[string, object | undefined, string]>([
    ['shelve', {}, '/until'],
    ['shelve', { until: '2026-11-27' }, '/until'],
    ['shelve', { until: '2026-11-31T25:00:00Z' }, '/until'],
    ['shelve', { until: '2020-01-01T00:00:00Z' }, '/until'],
    ['shelve', { until: '2027-01-01T00:00:00Z' }, '/until'],
    ['assign', { assignee: '' }, '/assignee'],
    ['assign', { assignee: 'x'.repeat(alarmLimits.assigneeLength + 1) }, '/assignee'],
    ['comment', { text: 'a\0' }, '/text'],
    ['comment', { text: 'x'.repeat(alarmLimits.commentLength + 1) }, '/text'],
    ['clear', { reason: 7 }, '/reason'],
    ['clear', { reason: 'over', by: 'me' }, '/by'],
  ])('%s with %j is refused at %s and changes nothing', async (command, body, pointer) => {
    const answer = await api.post(pathOf(found, command), body, ifMatch(1));
    expect(answer).toMatchObject(problem(400, 'validation-failed'));
    expect(answer.body['errors']).toEqual([expect.objectContaining({ pointer })]);
    expect((await api.get(pathOf(found))).etag).toBe('"1"');
  });
});

describe('the list', () => {
  const all = [
    raised({ site: 'north', severity: 'critical' }),
    raised({ device: 'd-2', site: 'north' }),
    raised({ device: 'd-3', rule: 'cold', severity: 'warning' }),
    raised({ device: 'd-4', rule: 'cold', site: 'south' }),
  ] as const;
  const [first, second, third, fourth] = all;
  const listed = async (query: string): Promise<unknown[]> =>
    (await api.get(`/v1/alarms${query}`)).body.items.map(({ alarm }) => alarm);
  beforeEach(async () => {
    for (const found of all) {
      await fixture.apply([found]);
      fixture.clock.advance(1_000);
    }
    await fixture.apply([cleared({ device: 'd-2' })]);
    await api.post(pathOf(third, 'acknowledge'), undefined, ifMatch(1));
    await api.post(pathOf(fourth, 'assign'), { assignee: 'bob' }, ifMatch(1));
  });

  test.each<[string, Found[]]>([
    ['', [fourth, third, second, first]],
    ['?state=active', [fourth, third, first]],
    ['?state=cleared', [second]],
    ['?severity=critical&severity=warning', [third, first]],
    ['?severity=critical', [first]],
    ['?rule=cold', [fourth, third]],
    ['?site=north&state=active', [first]],
    ['?device=d-3', [third]],
    ['?acknowledged=true', [third]],
    ['?acknowledged=false', [fourth, second, first]],
    ['?assignee=bob', [fourth]],
    ['?assignee=eve', []],
  ])('%s has the latest first', async (query, expected) => {
    expect(await listed(query)).toEqual(expected.map((found) => idOf(found)));
  });

  test('tells what is shelved now and what flaps from the rest', async () => {
    const until = new Date(fixture.clock.nowMs() + 60_000).toISOString();
    await api.post(pathOf(first, 'shelve'), { until }, ifMatch(1));
    expect(await listed('?shelved=true')).toEqual([idOf(first)]);
    expect(await listed('?shelved=false')).toEqual([fourth, third, second].map((found) => idOf(found)));
    fixture.clock.advance(60_000);
    expect([await listed('?shelved=true'), (await listed('?shelved=false')).length]).toEqual([[], 4]);
    await fixture.query('UPDATE alarm SET flapping = true WHERE id = $1', [idOf(second)]);
    expect([await listed('?flapping=true'), (await listed('?flapping=false')).length]).toEqual([[idOf(second)], 3]);
  });

  test('goes on page by page, whatever is raised meanwhile and however many were noticed at once', async () => {
    const atOnce = Array.from({ length: 5 }, (_, i) => raised({ device: `at-once-${i}` }));
    await fixture.apply(atOnce);
    fixture.clock.advance(1_000);
    const seen: unknown[] = [];
    let cursor: string | undefined = '';
    for (let page = 0; cursor !== undefined; page++) {
      const { body } = await api.get(`/v1/alarms?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...body.items.map(({ alarm }) => alarm));
      cursor = body.nextCursor;
      await fixture.apply([raised({ device: `later-${page}` })]);
    }
    expect(seen).toHaveLength(9);
    expect(new Set(seen)).toEqual(new Set([...atOnce, ...all].map((found) => idOf(found))));
  });

  test.each([
    '?state=open',
    '?severity=bad',
    '?rule=a%2Fb',
    '?acknowledged=maybe',
    '?limit=0',
    '?limit=1001',
    '?color=red',
  ])('refuses %s', async (query) =>
    expect(await api.get(`/v1/alarms${query}`)).toMatchObject(problem(400, 'validation-failed')),
  );

  test('refuses a cursor of another kind', async () => {
    for (const position of [1, ['x', 'y'], [1, 'none'], [1e300, idOf(first)], [-8.64e15, idOf(first)]]) {
      const cursor = Buffer.from(JSON.stringify(position)).toString('base64url');
      expect(await api.get(`/v1/alarms?cursor=${cursor}`)).toMatchObject(problem(400, 'cursor-invalid'));
    }
  });

  test('is counted by severity, site and rule', async () => {
    const until = new Date(fixture.clock.nowMs() + 60_000).toISOString();
    await api.post(pathOf(first, 'shelve'), { until }, ifMatch(1));
    const counts = (active: number, unacknowledged: number, shelved = 0) => ({
      ...{ active, unacknowledged, shelved, inhibited: 0 },
    });
    expect((await api.get('/v1/alarms/summary')).body).toEqual({
      ...counts(3, 2, 1),
      bySeverity: [
        { severity: 'critical', ...counts(1, 1, 1) },
        { severity: 'major', ...counts(1, 1) },
        { severity: 'minor', ...counts(0, 0) },
        { severity: 'warning', ...counts(1, 0) },
        { severity: 'info', ...counts(0, 0) },
      ],
      bySite: [
        { site: 'north', ...counts(1, 1, 1) },
        { site: 'south', ...counts(1, 1) },
      ],
      byRule: [
        { rule: 'cold', ...counts(2, 1) },
        { rule: 'hot', ...counts(1, 1, 1) },
      ],
    });
    fixture.clock.advance(60_000);
    expect((await api.get('/v1/alarms/summary')).body).toMatchObject({ shelved: 0 });
  });

  test('of a history goes on page by page', async () => {
    for (let version = 1; version <= 4; version++)
      await api.post(pathOf(first, 'comment'), { text: `no. ${version}` }, ifMatch(version));
    const page = await api.get(`${pathOf(first, 'history')}?limit=3`);
    expect(page.body.items.map(({ version }) => version)).toEqual([5, 4, 3]);
    const rest = await api.get(`${pathOf(first, 'history')}?limit=3&cursor=${page.body.nextCursor ?? ''}`);
    expect(rest.body.items.map(({ version }) => version)).toEqual([2, 1]);
    expect(rest.body.nextCursor).toBeUndefined();
  });
});

describe('the alarms of a storm', () => {
  const brake = { share: 0.5, atLeast: 2, windowMs: 60_000, by: 'site' } as const;
  const at = (device: string) => raised({ device, site: 'plant-1', brake });

  test('are listed apart from the one that stands for them, which says how many there are', async () => {
    await fixture.alerting.change((tx) => fixture.alarms.apply(tx, 'acme', [at('d-1')], () => 3));
    await fixture.alerting.change((tx) => fixture.alarms.apply(tx, 'acme', [at('d-2'), at('d-3')], () => 3));
    await fixture.alerting.change((tx) => fixture.alarms.apply(tx, 'acme', [cleared({ device: 'd-3' })], () => 3));
    const { body: storms } = await api.get('/v1/alarms?storm=true');
    expect(storms.items).toHaveLength(1);
    expect(storms.items[0]).toMatchObject({
      ...{ rule: 'hot', state: 'active', storm: { by: 'rule', device: 'd-2', devices: 3, concerned: 3 } },
    });
    expect(storms.items[0]).not.toHaveProperty('device');
    const { alarm } = storms.items[0] as unknown as { alarm: string };
    const devicesOf = async (query: string): Promise<unknown[]> =>
      (await api.get(`/v1/alarms?${query}`)).body.items.map(({ device }) => device).sort();
    expect(await devicesOf(`inhibitedBy=${alarm}`)).toEqual(['d-2', 'd-3']);
    expect(await devicesOf('inhibited=true&state=active')).toEqual(['d-2']);
    expect(await devicesOf('inhibited=false&storm=false')).toEqual(['d-1']);
    expect((await api.get(`/v1/alarms/${alarm}`)).body).toMatchObject({ inhibited: { active: 1, cleared: 1 } });
    expect((await api.get('/v1/alarms/summary')).body).toMatchObject({ active: 3, inhibited: 1 });
    expect(await api.get('/v1/alarms?inhibitedBy=me')).toMatchObject(problem(400, 'validation-failed'));
  });
});
