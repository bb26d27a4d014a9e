import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ruleStateV1 } from '@myelin/contracts';
import { type ApiClient, eventProbe } from '@myelin/testing';
import { type AlertingFixture, aRuleBody, startFixture } from './alerting-fixture.js';

const rulesPerTenant = 3;
let fixture: AlertingFixture;
let api: ApiClient;
beforeAll(async () => {
  fixture = await startFixture({ RULES_PER_TENANT: String(rulesPerTenant) });
  api = await fixture.as('acme');
}, 120_000);
afterAll(() => fixture.dispose());

/** Every part of a definition. */
const everything = {
  name: 'Zu heiß',
  enabled: true,
  scope: { devices: ['a:1'], profiles: ['p'.repeat(64)], sites: ['s'.repeat(64)], labels: { line: ['4', '5'] } },
  when: {
    all: [
      { metric: 'temperature', aggregate: 'avg', windowMs: 300_000, op: '>=', value: { from: 'site', path: '/limit' } },
      {
        not: {
          any: [
            { metric: 'door', op: 'changed' },
            { metric: 'door', op: '==', value: true },
          ],
        },
      },
      { metric: 'temperature', op: 'anomaly', model: { type: 'ewma-z', params: { span: 50 } } },
      { metric: 'temperature', op: 'reaches', forecast: { limit: 80, horizonMs: 21_600_000, windowMs: 3_600_000 } },
    ],
  },
  forMs: 60_000,
  kOfN: { k: 3, n: 5 },
  clear: { hysteresis: 2.5, forMs: 1_000 },
  schedule: {
    timeZone: 'Europe/Berlin',
    intervals: [
      { times: [{ startTime: '06:00', endTime: '24:00' }], weekdays: ['monday:friday'] },
      { daysOfMonth: ['-1'], months: ['december'], years: ['2026'] },
    ],
  },
  latenessMs: 120_000,
  severity: 'critical',
  labels: { team: 'cooling' },
  annotations: { summary: '{{ device.id }} since {{ startedAt }}', description: '{{ labels.team }}' },
};

describe('a rule', () => {
  test('is put under preconditions, published, removed with a tombstone, and goes on above old versions', async () => {
    await using states = await eventProbe(fixture.kafka.settings, ruleStateV1);
    const path = '/v1/rules/too-hot';
    expect((await api.put(path, everything, { 'if-match': '"1"' })).status).toBe(412);
    const created = await api.put(path, everything, { 'if-none-match': '*' });
    expect(created).toMatchObject({ status: 201, etag: '"1"', body: { rule: 'too-hot', version: 1, ...everything } });
    const changed = { ...everything, severity: 'minor' };
    expect((await api.put(path, changed, { 'if-none-match': '*' })).status).toBe(412);
    expect((await api.put(path, changed)).body.type).toBe('urn:myelin:problem:precondition-required');
    expect(await api.put(path, changed, { 'if-match': '"2"' })).toMatchObject({
      ...{ status: 412, etag: '"1"', body: { type: 'urn:myelin:problem:version-mismatch' } },
    });
    expect(await api.put(path, changed, { 'if-match': '"1"' })).toMatchObject({ status: 200, etag: '"2"' });
    const read = await api.get(path);
    expect(read).toMatchObject({ status: 200, etag: '"2"', body: { ...changed, version: 2 } });
    expect(read.body['updatedBy']).toMatch(/^operator:/);
    expect((await api.delete(path)).status).toBe(428);
    expect((await api.delete(path, { 'if-match': '"1"' })).status).toBe(412);
    expect((await api.delete(path, { 'if-match': '"2"' })).status).toBe(204);
    expect((await api.get(path)).body.type).toBe('urn:myelin:problem:rule-not-found');
    expect((await api.delete(path, { 'if-match': '"2"' })).status).toBe(404);
    expect(await api.put(path, aRuleBody())).toMatchObject({ status: 201, etag: '"4"' });
    await states.next(({ headers }) => headers['myelin-version'] === '4');
    const own = states.all().filter(({ key }) => key === 'acme/too-hot');
    expect(own.map(({ headers, payload }) => [headers['myelin-version'], payload?.definition ?? null])).toEqual([
      ['1', { ...everything }],
      ['2', { ...changed }],
      ['3', null],
      ['4', { scope: {}, ...aRuleBody() }],
    ]);
    const { updatedAt } = read.body;
    expect(own[1]?.payload).toEqual({ tenant: 'acme', rule: 'too-hot', version: 2, updatedAt, definition: changed });
    expect(ruleStateV1.strict(own[1]?.payload)).toMatchObject({ ok: true });
    await api.delete(path, { 'if-match': '*' });
  }, 60_000);

  test('that is put again as it is keeps its version and is not published again, whatever version it is put on', async () => {
    await using states = await eventProbe(fixture.kafka.settings, ruleStateV1);
    const path = '/v1/rules/again';
    const body = aRuleBody({ when: { all: [{ metric: 'a', op: '<', value: 1.5e2 }] }, labels: { b: '1', a: '2' } });
    const { etag } = await api.put(path, body);
    const otherOrder = {
      severity: 'major',
      labels: { a: '2', b: '1' },
      when: { all: [{ value: 150, op: '<', metric: 'a' }] },
    };
    for (const [again, headers] of [
      [body, {}],
      [otherOrder, { 'if-match': etag }],
      [body, { 'if-match': '"9"' }],
    ] as const)
      expect(await api.put(path, again, headers)).toMatchObject({ status: 200, etag });
    expect((await api.put(path, body, { 'if-none-match': '*' })).status).toBe(412);
    expect((await api.put(path, { ...body, severity: 'info' }, { 'if-match': etag })).status).toBe(200);
    await states.next(({ payload }) => payload?.definition.severity === 'info');
    expect(states.all().filter(({ key }) => key === 'acme/again')).toHaveLength(2);
    await api.delete(path, { 'if-match': '*' });
  }, 60_000);

  test('that several change at once is changed by one, and put at once is created by one', async () => {
    const path = '/v1/rules/race';
    const put = (severity: string, headers: Record<string, string>) => api.put(path, aRuleBody({ severity }), headers);
    const severities = ['critical', 'minor', 'warning', 'info'];
    const created = await Promise.all(severities.map((one) => put(one, { 'if-none-match': '*' })));
    expect(created.map(({ status }) => status).sort()).toEqual([201, 412, 412, 412]);
    const changed = await Promise.all(
      severities.map((_, nth) => api.put(path, aRuleBody({ forMs: nth + 1 }), { 'if-match': '"1"' })),
    );
    expect(changed.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
    const winner = changed.findIndex(({ status }) => status === 200);
    expect((await api.get(path)).body).toMatchObject({ version: 2, forMs: winner + 1 });
    await api.delete(path, { 'if-match': '"2"' });
  });

  test('is not created beyond what a tenant may have, also not by many at once, and has its place back when removed', async () => {
    const crowd = await fixture.as('crowd');
    const puts = Array.from({ length: 6 }, (_, nth) => crowd.put(`/v1/rules/r${nth}`, aRuleBody()));
    const answers = await Promise.all(puts);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 409, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
      ...{ type: 'urn:myelin:problem:rule-limit', maxRules: rulesPerTenant },
    });
    const [first] = (await crowd.get('/v1/rules')).body.items;
    const path = `/v1/rules/${String(first?.['rule'])}`;
    expect((await crowd.put(path, aRuleBody({ forMs: 5 }), { 'if-match': '"1"' })).status).toBe(200);
    expect((await crowd.delete(path, { 'if-match': '"2"' })).status).toBe(204);
    expect((await crowd.put('/v1/rules/late', aRuleBody())).status).toBe(201);
    expect((await crowd.put('/v1/rules/later', aRuleBody())).status).toBe(409);
  });

  test.each<[string, unknown, readonly [string, unknown][]]>([
    [
      'no object',
      [],
      [
        ['', 'must be an object'],
        ['/when', 'is required'],
        ['/severity', 'is required'],
      ],
    ],
    [
      'several faults at once',
      aRuleBody({ when: { any: [{ metric: 't', op: '=>' }] }, forMs: -1, wen: 1 }),
      [
        ['/wen', expect.stringMatching(/^is not known/)],
        ['/forMs', expect.stringMatching(/^must be a whole number/)],
        ['/when/any/0/op', expect.stringMatching(/^must be one of/)],
      ],
    ],
    [
      'a label that every alarm has',
      aRuleBody({ labels: { device: 'x', 'a b': 'y', n: 1 } }),
      [
        ['/labels/device', 'is a label that every alarm has by itself'],
        ['/labels/a b', expect.stringMatching(/^is named by what does not match/)],
        ['/labels/n', 'must be a text of 1 to 256 characters'],
      ],
    ],
    [
      'a template with a field that there is not',
      aRuleBody({ annotations: { summary: 'at {{ env.SECRET }}' } }),
      [['/annotations/summary', expect.stringMatching(/^at character 3: env.SECRET is no field/)]],
    ],
    [
      'a text that no database takes',
      aRuleBody({ scope: { labels: { line: ['a\0'] } } }),
      [['/scope/labels/line/0', 'must be a text of 1 to 128 characters']],
    ],
    [
      'more than a rule may take',
      aRuleBody({ scope: { devices: Array.from({ length: 1_000 }, (_, i) => String(i).padStart(128, 'd')) } }),
      [['', expect.stringMatching(/bytes as JSON; 65536 at most$/)]],
    ],
  ])('that has %s is refused with every place, and changes nothing', async (_what, body, faults) => {
    const refused = await api.put('/v1/rules/wrong', body);
    expect(refused).toMatchObject({ status: 400, body: { type: 'urn:myelin:problem:validation-failed' } });
    expect(refused.body['errors']).toEqual(faults.map(([pointer, detail]) => ({ pointer, detail })));
    expect((await api.get('/v1/rules/wrong')).status).toBe(404);
  });

  test('whose name or body could never be one is refused', async () => {
    expect((await api.put('/v1/rules/a%2Fb', aRuleBody())).body['errors']).toEqual([
      expect.objectContaining({ pointer: '/rule' }),
    ]);
    const poisoned = '{"when":{"metric":"t","op":"changed"},"severity":"info","labels":{"__proto__":{"a":1}}}';
    expect((await api.put('/v1/rules/wrong', poisoned)).status).toBe(400);
    expect((await api.put('/v1/rules/wrong', '')).status).toBe(400);
  });
});

describe('the list of rules', () => {
  test('has each once over all pages, by id, and those that a filter names', async () => {
    const lister = await fixture.as('lister');
    for (const [rule, body] of [
      ['b', aRuleBody({ severity: 'info' })],
      ['a', aRuleBody({ enabled: false })],
      ['C', aRuleBody({ enabled: true, severity: 'info' })],
    ] as const)
      await lister.put(`/v1/rules/${rule}`, body);
    const idsOf = async (query: string): Promise<unknown[]> =>
      (await lister.get(`/v1/rules${query}`)).body.items.map(({ rule }) => rule);
    expect(await idsOf('')).toEqual(['C', 'a', 'b']);
    expect(await idsOf('?enabled=false')).toEqual(['a']);
    expect(await idsOf('?severity=info&enabled=true')).toEqual(['C', 'b']);
    const first = await lister.get('/v1/rules?limit=2');
    expect(first.body.items.map(({ rule }) => rule)).toEqual(['C', 'a']);
    const rest = await lister.get(`/v1/rules?limit=2&cursor=${first.body.nextCursor ?? ''}`);
    expect(rest.body.items.map(({ rule }) => rule)).toEqual(['b']);
    expect(rest.body.nextCursor).toBeUndefined();
  });

  test.each(['limit=0', 'limit=101', 'enabled=yes', 'severity=bad', 'cursor=abc', 'site=north'])(
    'refuses %s',
    async (query) => {
      const [parameter] = query.split('=');
      const answer = await api.get(`/v1/rules?${query}`);
      expect(answer.status).toBe(400);
      expect(answer.body['errors']).toEqual([expect.objectContaining({ parameter })]);
    },
  );
});

describe('operators', () => {
  test('of another tenant see nothing of a rule, and touch nothing', async () => {
    const [owner, other] = [await fixture.as('owner'), await fixture.as('other')];
    await owner.put('/v1/rules/mine', aRuleBody());
    expect((await other.get('/v1/rules')).body.items).toEqual([]);
    expect((await other.get('/v1/rules/mine')).status).toBe(404);
    expect((await other.put('/v1/rules/mine', aRuleBody(), { 'if-match': '"1"' })).status).toBe(412);
    expect((await other.delete('/v1/rules/mine', { 'if-match': '*' })).status).toBe(404);
    expect(await other.put('/v1/rules/mine', aRuleBody({ forMs: 7 }))).toMatchObject({ status: 201, etag: '"1"' });
    expect((await owner.get('/v1/rules/mine')).body).not.toHaveProperty('forMs');
  });

  test('need a role: viewers read and change nothing, nobody is refused', async () => {
    const viewer = await fixture.as('acme', 'viewer');
    expect((await viewer.get('/v1/rules')).status).toBe(200);
    expect((await viewer.put('/v1/rules/x', aRuleBody())).status).toBe(403);
    expect((await viewer.delete('/v1/rules/x', { 'if-match': '*' })).status).toBe(403);
    expect((await viewer.post('/v1/rules/dry-run', { definition: aRuleBody() })).status).toBe(403);
    expect((await fetch(`${fixture.service.url}/v1/rules`)).status).toBe(401);
  });
});
